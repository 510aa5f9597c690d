//! Which channel carries a message: by the country and network of its number and by its class, the cheapest of those that
//! are up. Pure.
//!
//! A message does not name its channel but its *route*, for example `RW.MTN.alert`. So a channel that goes down takes
//! nothing with it: the next in line takes its routes over, and no row is touched.

use super::Class;

/// The route of a message over SMS. `network` is empty where it is not known.
pub fn route(country: &str, network: &str, class: Class) -> String {
    format!("{country}.{network}.{}", class.code())
}

/// In a route, before the channel that did not reach the number.
const NOT_OVER: char = '!';

/// The route of everything that goes by e-mail.
pub const EMAIL: &str = "email";
/// The route of everything that goes to a webhook.
pub const WEBHOOK: &str = "webhook";

/// What leaves over a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// SMS.
    Sms,
    /// E-mail.
    Mail,
    /// Events for endpoints.
    Webhook,
}

impl Kind {
    /// What leaves over this route.
    pub fn of_route(route: &str) -> Self {
        match route.split(NOT_OVER).next() {
            Some(EMAIL) => Kind::Mail,
            Some(WEBHOOK) => Kind::Webhook,
            _ => Kind::Sms,
        }
    }
}

/// What a channel carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Countries by their two letters. A channel sends to no other.
    pub countries: Vec<String>,
    /// Networks, as the phone plan names them; empty: all, also those that are not known.
    pub networks: Vec<String>,
    /// Classes; empty: all.
    pub classes: Vec<Class>,
}

impl Reach {
    /// The routes that it covers among the networks of a phone plan; an empty one stands for messages from before routes.
    pub fn routes(&self, plan: &[&str]) -> Vec<String> {
        let networks = plan.iter().copied().chain([""]);
        let networks =
            networks.filter(|network| self.networks.is_empty() || self.networks.iter().any(|n| n == network));
        let networks: Vec<&str> = networks.collect();
        let classes = [Class::MustArrive, Class::Alert];
        let classes = classes.iter().filter(|class| self.classes.is_empty() || self.classes.contains(class));
        let pairs = classes.flat_map(|class| networks.iter().map(|network| (*class, *network)));
        let routes = pairs.flat_map(|(class, network)| self.countries.iter().map(move |c| route(c, network, class)));
        let all = self.networks.is_empty() && self.classes.is_empty();
        routes.chain(all.then(String::new)).collect()
    }
}

/// A channel in line for its routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InLine {
    /// Its name.
    pub channel: String,
    /// Its routes.
    pub routes: Vec<String>,
    /// Whoever has the smaller number is asked first.
    pub order: i64,
    /// What a segment costs, in millionths of the currency: decides between equal orders.
    pub cost_micros: i64,
}

/// Every channel, in the order in which they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routing(Vec<InLine>);

impl Routing {
    /// Channels in any order.
    pub fn new(mut channels: Vec<InLine>) -> Self {
        channels.sort_by(|a, b| (a.order, a.cost_micros, &a.channel).cmp(&(b.order, b.cost_micros, &b.channel)));
        Self(channels)
    }

    /// The routes on which `channel` is the first that is up. It is asked as if it were up itself.
    pub fn routes_of(&self, channel: &str, is_up: impl Fn(&str) -> bool) -> Vec<String> {
        let Some(own) = self.0.iter().find(|line| line.channel == channel) else { return Vec::new() };
        let before: Vec<&InLine> = self.0.iter().take_while(|line| line.channel != channel).collect();
        let taken = |route: &String, but: &str| {
            before.iter().any(|line| line.channel != but && line.routes.contains(route) && is_up(&line.channel))
        };
        let mut routes: Vec<String> = own.routes.iter().filter(|route| !taken(route, "")).cloned().collect();
        // What another could not reach.
        for other in self.0.iter().filter(|line| line.channel != channel) {
            let shared = own.routes.iter().filter(|route| other.routes.contains(route));
            let left = shared.filter(|route| !taken(route, &other.channel));
            routes.extend(left.map(|route| format!("{route}{NOT_OVER}{}", other.channel)));
        }
        routes
    }

    /// Every channel, in the order in which they are asked.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|line| line.channel.as_str())
    }

    /// Channels that cover a route, in their order.
    pub fn covering(&self, route: &str) -> impl Iterator<Item = &str> {
        let (route, but) = route.split_once(NOT_OVER).unwrap_or((route, ""));
        let covers = move |line: &&InLine| line.channel != but && line.routes.iter().any(|known| known == route);
        self.0.iter().filter(covers).map(|line| line.channel.as_str())
    }

    /// Whether a message that `channel` did not reach may be tried over another: once, since a number that two channels do
    /// not reach is not reached.
    pub fn has_other(&self, route: &str, channel: &str) -> bool {
        !route.contains(NOT_OVER) && self.covering(route).any(|other| other != channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(channel: &str, order: i64, cost_micros: i64, reach: &Reach) -> InLine {
        InLine { channel: channel.to_owned(), routes: reach.routes(&["MTN", "Airtel"]), order, cost_micros }
    }

    fn reach(networks: &[&str], classes: &[Class]) -> Reach {
        let networks = networks.iter().map(|network| (*network).to_owned()).collect();
        Reach { countries: vec!["RW".to_owned()], networks, classes: classes.to_vec() }
    }

    #[test]
    fn a_channel_covers_its_networks_and_classes_and_one_without_limits_all() {
        assert_eq!(reach(&["MTN"], &[Class::Alert]).routes(&["MTN", "Airtel"]), ["RW.MTN.alert"]);
        let all = reach(&[], &[]).routes(&["MTN"]);
        assert_eq!(all, ["RW.MTN.must_arrive", "RW..must_arrive", "RW.MTN.alert", "RW..alert", ""]);
    }

    #[test]
    fn the_first_in_line_that_is_up_takes_a_route_and_the_cheaper_of_equals_is_first() {
        let routing = Routing::new(vec![
            line("dear", 1, 9_000, &reach(&[], &[])),
            line("cheap", 1, 5_000, &reach(&["MTN"], &[])),
            line("spare", 2, 1_000, &reach(&[], &[Class::MustArrive])),
        ]);
        let up = |_: &str| true;
        assert_eq!(routing.routes_of("cheap", up)[..2], ["RW.MTN.must_arrive", "RW.MTN.alert"]);
        let plain = |channel: &str, is_up: &dyn Fn(&str) -> bool| {
            let routes = routing.routes_of(channel, is_up);
            routes.into_iter().filter(|route| !route.contains('!')).collect::<Vec<_>>()
        };
        assert!(!plain("dear", &up).iter().any(|route| route.contains("MTN")));
        assert!(plain("spare", &up).is_empty());
        let dear_is_down = |channel: &str| channel != "dear";
        assert_eq!(plain("spare", &dear_is_down), ["RW.Airtel.must_arrive", "RW..must_arrive"]);
        let only_spare = |channel: &str| channel == "spare";
        assert!(routing.routes_of("spare", only_spare).contains(&"RW.MTN.must_arrive".to_owned()));
        assert!(routing.routes_of("gone", up).is_empty());
        // What `cheap` did not reach goes to the next in line, also while `cheap` is up.
        assert!(routing.routes_of("dear", up).contains(&"RW.MTN.alert!cheap".to_owned()));
        assert!(!routing.routes_of("spare", up).contains(&"RW.MTN.must_arrive!cheap".to_owned()));
        assert!(!routing.has_other("RW.MTN.alert!cheap", "dear"));
        assert_eq!(routing.covering("RW.MTN.alert!cheap").collect::<Vec<_>>(), ["dear"]);
        assert!(routing.has_other("RW.MTN.must_arrive", "cheap") && routing.has_other("RW.MTN.alert", "dear"));
    }
}
