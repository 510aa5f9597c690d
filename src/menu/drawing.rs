//! The menus as a picture, for whoever changes them: every flow, state and key, in Graphviz' language or as an SVG that
//! stands alone.
//!
//! Both are written from one small model: states with short labels, and what leads from one to another. Eighty states
//! with a line for every key would be a ball of wool. So the SVG draws lines inside a flow only; what leads into
//! another flow is a link to the state there.

mod svg;

use std::collections::BTreeSet;
use std::iter::once;

use super::graph::{Bundle, DialPath, DialStep, Kind, State, StateId};
use super::manifest::Manifest;

/// The graph in Graphviz' language: `dot -Tpdf`, and whatever else reads it.
pub fn dot(bundle: &Bundle, manifest: &Manifest) -> String {
    let drawing = Drawing::of(bundle, manifest);
    let mut lines = vec![
        "digraph menus {".to_owned(),
        "  rankdir=LR;".to_owned(),
        "  node [shape=box, fontname=\"sans-serif\"];".to_owned(),
        "  edge [fontname=\"sans-serif\", fontsize=10];".to_owned(),
    ];
    for flow in &drawing.flows {
        lines.push(format!("  subgraph {} {{", quoted(&[format!("cluster_{flow}").as_str()])));
        lines.push(format!("    label={};", quoted(&[title(flow)])));
        for node in drawing.nodes.iter().filter(|node| node.flow() == *flow) {
            let what = node.what();
            let label: Vec<&str> =
                [node.short(), what.as_str()].into_iter().chain(node.marks.iter().copied()).collect();
            let style = if is_screen(node.word) { ", style=rounded" } else { "" };
            lines.push(format!("    {} [label={}{style}];", quoted(&[node.name]), quoted(&label)));
        }
        lines.push("  }".to_owned());
    }
    for edge in &drawing.edges {
        let (from, to, label) = (quoted(&[edge.from]), quoted(&[edge.to]), quoted(&[edge.label.as_str()]));
        lines.push(format!("  {from} -> {to} [label={label}];"));
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

/// A picture that stands alone: flows as boxes, their states from left to right.
pub fn svg(bundle: &Bundle, manifest: &Manifest) -> String {
    svg::write(&Drawing::of(bundle, manifest))
}

/// A string of Graphviz' of one or more lines.
fn quoted(lines: &[&str]) -> String {
    let line = |line: &&str| line.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    format!("\"{}\"", lines.iter().map(line).collect::<Vec<_>>().join("\\n"))
}

/// Text as XML can carry it, in elements and in attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no way to write most of them.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The node of whatever is dialled. The names of states have a dot, so that it is none of them.
const DIAL: &str = "dial";

/// The flow in a state's name; nothing for what is dialled.
fn flow_of(name: &str) -> &str {
    name.split_once('.').map_or("", |(flow, _)| flow)
}

/// What stands above a flow.
fn title(flow: &str) -> &str {
    if flow.is_empty() { "a dial" } else { flow }
}

/// Whether a state with this word shows something to the caller.
fn is_screen(word: &str) -> bool {
    matches!(word, "menu" | "ask" | "pick" | "end")
}

/// What the bundle itself uses states for, whatever leads to them.
fn uses(bundle: &Bundle) -> impl Iterator<Item = (&'static str, StateId)> + use<> {
    let always = [("entry", bundle.entry), ("help", bundle.help), ("fault", bundle.fault)];
    let perhaps = [("closed", bundle.closed), ("notice", bundle.notice)];
    always.into_iter().chain(perhaps.into_iter().filter_map(|(mark, id)| Some((mark, id?))))
}

fn name_of(bundle: &Bundle, id: StateId) -> Option<&str> {
    bundle.state(id).map(|state| state.name.as_str())
}

/// A state, or what is dialled.
#[derive(Debug)]
struct Node<'a> {
    /// `flow.state`
    name: &'a str,
    /// The word of its kind.
    word: &'static str,
    /// What that word is about: the answer, the operation, the flow; or nothing.
    about: &'a str,
    /// What the bundle uses it for.
    marks: Vec<&'static str>,
}

impl<'a> Node<'a> {
    fn of(bundle: &'a Bundle, manifest: &Manifest, state: &'a State) -> Node<'a> {
        let answer = |index: usize| bundle.answers.get(index).map_or("", |answer| answer.name.as_str());
        let operation = |index: usize| manifest.operations.get(index).map_or("", |operation| operation.name);
        let (word, about) = match &state.kind {
            Kind::Menu { .. } => ("menu", ""),
            Kind::Ask { answer: id, .. } => ("ask", answer(id.0)),
            Kind::Pick { answer: id, .. } => ("pick", answer(id.0)),
            Kind::Do { action, .. } => ("do", operation(*action)),
            Kind::Case { case, .. } => ("case", operation(*case)),
            Kind::Call { start, .. } => ("call", name_of(bundle, *start).map_or("", flow_of)),
            Kind::Return { outcome } => ("return", outcome.as_str()),
            Kind::End => ("end", ""),
        };
        let marks = uses(bundle).filter(|(_, id)| name_of(bundle, *id) == Some(state.name.as_str()));
        Node { name: &state.name, word, about, marks: marks.map(|(mark, _)| mark).collect() }
    }

    /// The flow that it belongs to.
    fn flow(&self) -> &'a str {
        flow_of(self.name)
    }

    /// The name without the flow, which stands around it.
    fn short(&self) -> &'a str {
        self.name.split_once('.').map_or(self.name, |(_, short)| short)
    }

    /// What it is, as the flow's file says it: `case person.status`
    fn what(&self) -> String {
        if self.about.is_empty() { self.word.to_owned() } else { format!("{} {}", self.word, self.about) }
    }
}

/// What leads from one node to another.
#[derive(Debug)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    /// Keys and outcomes, with commas.
    label: String,
}

impl Edge<'_> {
    /// Whether it stays in its flow.
    fn is_inside(&self) -> bool {
        flow_of(self.from) == flow_of(self.to)
    }
}

/// What there is to draw, before anything has a place.
#[derive(Debug)]
struct Drawing<'a> {
    /// What is dialled, the entry's flow, then all others as they are written.
    flows: Vec<&'a str>,
    /// What is dialled, then every state.
    nodes: Vec<Node<'a>>,
    /// By where they begin; from one node to another there is one.
    edges: Vec<Edge<'a>>,
    /// States at which a flow is entered by more than a way from a state.
    starts: BTreeSet<&'a str>,
}

impl<'a> Drawing<'a> {
    fn of(bundle: &'a Bundle, manifest: &Manifest) -> Drawing<'a> {
        let dialled = Node { name: DIAL, word: "a call begins", about: "", marks: Vec::new() };
        let mut flows = vec![flow_of(DIAL)];
        flows.extend(name_of(bundle, bundle.entry).map(flow_of));
        let mut drawing = Drawing { flows, nodes: vec![dialled], edges: Vec::new(), starts: BTreeSet::new() };
        let identify = bundle.identify.map(|start| ("identify".to_owned(), start));
        let paths = bundle.dial.iter().map(|path| (path_of(bundle, path), path.go));
        for (label, go) in [("entry".to_owned(), bundle.entry)].into_iter().chain(identify).chain(paths) {
            if let Some(to) = name_of(bundle, go) {
                drawing.lead(DIAL, &label, to);
                drawing.starts.insert(to);
            }
        }
        drawing.starts.extend(uses(bundle).filter_map(|(_, id)| name_of(bundle, id)));
        for state in &bundle.states {
            let node = Node::of(bundle, manifest, state);
            if !drawing.flows.contains(&node.flow()) {
                drawing.flows.push(node.flow());
            }
            for (label, go) in ways(state, manifest) {
                if let Some(to) = name_of(bundle, go) {
                    drawing.lead(node.name, label, to);
                }
            }
            if let Kind::Call { start, .. } = &state.kind {
                drawing.starts.extend(name_of(bundle, *start));
            }
            drawing.nodes.push(node);
        }
        drawing
    }

    /// Adds a way; ways that lead from one state to the same other one are one line.
    fn lead(&mut self, from: &'a str, label: &str, to: &'a str) {
        let mut beside = self.edges.iter_mut().rev().take_while(|edge| edge.from == from);
        if let Some(edge) = beside.find(|edge| edge.to == to) {
            edge.label = format!("{}, {label}", edge.label);
        } else {
            self.edges.push(Edge { from, to, label: label.to_owned() });
        }
    }

    /// What leads on from a node.
    fn leaving(&self, name: &str) -> impl Iterator<Item = &Edge<'a>> {
        self.edges.iter().filter(move |edge| edge.from == name)
    }

    /// How many flows and states there are.
    fn heading(&self) -> String {
        format!("Menus: {} flows, {} states", self.flows.len().saturating_sub(1), self.nodes.len().saturating_sub(1))
    }

    /// The states of a flow by how many steps they are away from where it is entered. By this measure no way leads over
    /// a column: it leads into the next one, or back.
    fn columns(&self, flow: &str) -> Vec<Vec<&Node<'a>>> {
        let names: Vec<&str> = self.nodes.iter().filter(|node| node.flow() == flow).map(|node| node.name).collect();
        let inside = |edge: &&Edge<'a>| edge.is_inside() && edge.from != edge.to;
        let entered: BTreeSet<&str> = self.edges.iter().filter(inside).map(|edge| edge.to).collect();
        let is_first = |name: &&str| self.starts.contains(*name) || !entered.contains(*name);
        let mut first: Vec<&str> = names.iter().copied().filter(is_first).collect();
        loop {
            let mut seen: BTreeSet<&str> = first.iter().copied().collect();
            let mut columns = vec![first.clone()];
            while let Some(column) = columns.last() {
                let ways = column.iter().flat_map(|name| self.leaving(name)).filter(|edge| edge.is_inside());
                let next: Vec<&str> = ways.map(|edge| edge.to).filter(|to| seen.insert(*to)).collect();
                if next.is_empty() {
                    break;
                }
                columns.push(next);
            }
            let Some(left) = names.iter().copied().find(|name| !seen.contains(*name)) else {
                let node = |name: &str| self.nodes.iter().find(|node| node.name == name);
                return columns.into_iter().map(|column| column.into_iter().filter_map(node).collect()).collect();
            };
            // A ring that is entered from other flows only begins with what is written first.
            first.push(left);
        }
    }
}

/// Where a state leads, by its keys and outcomes.
fn ways<'a>(state: &'a State, manifest: &Manifest) -> Vec<(&'a str, StateId)> {
    let keys = state.options.iter().map(|choice| (choice.key.as_str(), choice.go));
    let mut ways: Vec<(&'a str, StateId)> = keys.collect();
    match &state.kind {
        Kind::Menu { typed } => ways.extend(typed.map(|(_, go)| ("typed", go))),
        Kind::Ask { go, .. } => ways.push(("typed", *go)),
        Kind::Pick { go, empty, .. } => {
            ways.push(("row", *go));
            ways.extend(empty.map(|go| ("empty", go)));
        }
        Kind::Do { action: operation, on } | Kind::Case { case: operation, on } => {
            let outcomes = manifest.operations.get(*operation).map_or(&[][..], |operation| operation.outcomes);
            ways.extend(outcomes.iter().copied().zip(on.iter().copied()));
        }
        Kind::Call { start, on } => {
            ways.push(("call", *start));
            ways.extend(on.iter().map(|(outcome, go)| (outcome.as_str(), *go)));
        }
        Kind::Return { .. } | Kind::End => {}
    }
    ways
}

/// A dial path as it is dialled behind the code: `*4`, `*{job_number}`
fn path_of(bundle: &Bundle, path: &DialPath) -> String {
    path.steps.iter().fold(String::new(), |text, step| match step {
        DialStep::Literal(digits) => format!("{text}*{digits}"),
        DialStep::Answer(id) => {
            let name = bundle.answers.get(id.0).map_or("", |answer| answer.name.as_str());
            format!("{text}*{{{name}}}")
        }
    })
}

/// How many widths are tried for a picture: enough to come near 16:10, few enough to take no time.
const WIDTHS_TRIED: i64 = 64;

/// A piece of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

impl Area {
    fn right(self) -> i64 {
        self.x + self.width
    }

    fn bottom(self) -> i64 {
        self.y + self.height
    }
}

/// Lays areas out so that the whole is about 16:10, as a screen is; tells its width and its height.
fn lay_out(areas: &mut [Area], gap: i64) -> (i64, i64) {
    let widest = areas.iter().map(|area| area.width).max().unwrap_or(0);
    let side_by_side: i64 = areas.iter().map(|area| area.width + gap).sum();
    let rooms = (0..=WIDTHS_TRIED).map(|step| widest + (side_by_side - widest) * step / WIDTHS_TRIED);
    let room = rooms.min_by_key(|room| {
        let (width, height) = pack(areas, *room, gap);
        (width * 10).max(height * 16)
    });
    pack(areas, room.unwrap_or(widest), gap)
}

/// Puts each area as high as it can stand in a picture of this width, and there as far left; tells what was used.
fn pack(areas: &mut [Area], room: i64, gap: i64) -> (i64, i64) {
    let mut placed: Vec<Area> = Vec::new();
    for area in areas {
        let lefts: BTreeSet<i64> = once(0).chain(placed.iter().map(|other| other.right() + gap)).collect();
        let spots = lefts.into_iter().filter(|left| *left == 0 || left + area.width <= room).map(|left| {
            let over = |other: &&Area| other.x < left + area.width + gap && left < other.right() + gap;
            (placed.iter().filter(over).map(|other| other.bottom() + gap).max().unwrap_or(0), left)
        });
        let (y, x) = spots.min().unwrap_or_default();
        *area = Area { x, y, ..*area };
        placed.push(*area);
    }
    let width = placed.iter().map(|area| area.right()).max().unwrap_or(0);
    (width, placed.iter().map(|area| area.bottom()).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::tests::example::{MANIFEST, bundle};

    fn drawing() -> Drawing<'static> {
        Drawing::of(bundle(), &MANIFEST)
    }

    fn both() -> (String, String) {
        (dot(bundle(), &MANIFEST), svg(bundle(), &MANIFEST))
    }

    #[test]
    fn every_state_stands_in_both_under_its_short_name() {
        let (dot, svg) = both();
        for state in &bundle().states {
            let (_, short) = state.name.split_once('.').unwrap();
            assert!(dot.contains(&format!("    \"{}\" [label=\"{short}\\n", state.name)), "{}", state.name);
            assert!(svg.contains(&format!("<g id='{}'>", state.name)), "{}", state.name);
            assert!(svg.contains(&format!(">{short}</text>")), "{}", state.name);
        }
        assert!(svg.contains(&format!(" flows, {} states</title>", bundle().states.len())), "{svg}");
    }

    #[test]
    fn every_kind_of_way_has_its_word() {
        let dot = dot(bundle(), &MANIFEST);
        for way in [
            r#""dial" -> "home.start" [label="entry"];"#,
            r#""dial" -> "who.start" [label="identify"];"#,
            r#""dial" -> "market.by_number" [label="*2*{crop_number}"];"#,
            r#""booking.reason" -> "booking.patient" [label="1, 2"];"#,
            r#""home.start" -> "market.by_number" [label="typed"];"#,
            r#""clinic.list" -> "clinic.book" [label="row"];"#,
            r#""clinic.list" -> "clinic.none" [label="empty"];"#,
            r#""clinic.book" -> "booking.reason" [label="call"];"#,
            r#""clinic.book" -> "clinic.dropped" [label="dropped"];"#,
            r#""who.choose" -> "who.done" [label="chosen, gone"];"#,
        ] {
            assert!(dot.contains(way), "{way}\n{dot}");
        }
        for what in [r"lost\nmenu\nhelp", r"save\ndo clinic.book", r"stop\nreturn dropped", r"inside\nend"] {
            assert!(dot.contains(&format!("[label=\"{what}\"")), "{what}\n{dot}");
        }
    }

    #[test]
    fn every_link_leads_to_a_state_of_another_flow() {
        let (_, svg) = both();
        let links: Vec<&str> = svg.split("href='#").skip(1).map(|rest| rest.split_once('\'').unwrap().0).collect();
        for id in &links {
            assert!(svg.contains(&format!("<g id='{id}'>")), "{id}");
        }
        assert_eq!(links.len(), drawing().edges.iter().filter(|edge| !edge.is_inside()).count());
    }

    #[test]
    fn every_tag_is_closed() {
        let (_, svg) = both();
        let mut open = Vec::new();
        for rest in svg.split('<').skip(1) {
            let (tag, _) = rest.split_once('>').unwrap();
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn what_would_break_out_is_escaped() {
        assert_eq!(escaped("<a & 'b'>\u{1}\"ç\""), "&lt;a &amp; &#39;b&#39;&gt; &quot;ç&quot;");
        assert_eq!(quoted(&[r#"a"b"#, r"c\d"]), r#""a\"b\nc\\d""#);
    }

    #[test]
    fn no_way_leads_over_a_column() {
        let drawing = drawing();
        for flow in &drawing.flows {
            let columns = drawing.columns(flow);
            let column = |name: &str| columns.iter().position(|column| column.iter().any(|node| node.name == name));
            for edge in drawing.edges.iter().filter(|edge| flow_of(edge.from) == *flow && edge.is_inside()) {
                assert!(column(edge.to).unwrap() <= column(edge.from).unwrap() + 1, "{edge:?}");
            }
        }
    }

    fn assert_apart(areas: &[Area], within: Area) {
        for (index, one) in areas.iter().enumerate() {
            assert!(
                one.x >= 0 && one.y >= 0 && one.right() <= within.width && one.bottom() <= within.height,
                "{one:?}"
            );
            for other in &areas[..index] {
                let beside = one.right() <= other.x || other.right() <= one.x;
                assert!(beside || one.bottom() <= other.y || other.bottom() <= one.y, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn nothing_overlaps() {
        let drawing = drawing();
        let layout = svg::layout(&drawing);
        let whole = Area { x: 0, y: 0, width: layout.width, height: layout.height };
        assert_apart(&layout.clusters.iter().map(|cluster| cluster.area).collect::<Vec<_>>(), whole);
        let mut boxes = 0;
        for cluster in &layout.clusters {
            let mut areas: Vec<Area> = cluster.boxes.iter().map(|(_, area)| *area).collect();
            boxes += areas.len();
            areas.extend(cluster.pills.iter().map(|(_, area)| *area));
            areas.extend(cluster.lines.iter().map(|line| line.label));
            assert_apart(&areas, cluster.area);
        }
        assert_eq!(boxes, bundle().states.len() + 1);
    }

    #[test]
    fn the_same_menus_give_the_same_bytes() {
        assert_eq!(both(), both());
    }
}
