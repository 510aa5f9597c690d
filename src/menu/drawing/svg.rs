//! The picture: where everything stands, and the SVG that says so.
//!
//! A flow reads from left to right. A state has a port at its right for every way in the flow, with the key beside it;
//! ways into other flows hang beneath it as links. Lines that lead back run around the flow in a lane of their own, so
//! that no line crosses a box. All is in whole pixels: the same bundle gives the same bytes on every machine.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Area, Drawing, Edge, Node, escaped, is_screen, lay_out, title};

/// Size of small type: what a state is, keys, links.
const SMALL: i64 = 10;
/// Size of a state's name as it is measured. It is drawn 1 smaller: it is bold, which is wider.
const NAME: i64 = 13;
/// Size of the type in a badge.
const BADGE: i64 = 9;
/// Between the frame of a flow and what is in it.
const PADDING: i64 = 14;
/// From the top of a flow to what stands under its title.
const TITLE: i64 = 28;
/// Height of a state with up to two ports.
const BOX: i64 = 36;
/// From the top of a state to its first port, and to where lines come in.
const PORT_TOP: i64 = 12;
/// From port to port: a line of small type.
const PORT_STEP: i64 = 14;
/// Height of a link.
const PILL: i64 = 16;
/// From link to link.
const PILL_STEP: i64 = 19;
/// Between one state and the next below.
const ROW_GAP: i64 = 14;
/// Width in which a line swings from one row to another.
const CURVE: i64 = 40;
/// From lane to lane.
const LANE: i64 = 7;
/// Between lanes and states.
const LANE_GAP: i64 = 8;
/// Around the picture.
const MARGIN: i64 = 20;
/// Height of the title and the legend.
const HEAD: i64 = 88;
/// Between flows.
const GAP: i64 = 16;
/// The legend needs as much.
const WIDTH_MIN: i64 = 720;
/// The colour of text.
const INK: &str = "#1f2328";
/// The colour of lines and of grey type.
const GREY: &str = "#4b5563";
/// The ground of a flow.
const GROUND: &str = "#f6f8fa";

/// How a kind of state looks.
struct Look {
    word: &'static str,
    fill: &'static str,
    line: &'static str,
}

static LOOKS: [Look; 8] = [
    Look { word: "menu", fill: "#dbeafe", line: "#1d4ed8" },
    Look { word: "ask", fill: "#dcfce7", line: "#15803d" },
    Look { word: "pick", fill: "#ccfbf1", line: "#0f766e" },
    Look { word: "end", fill: "#fce7f3", line: "#be185d" },
    Look { word: "do", fill: "#ffe4d6", line: "#c2410c" },
    Look { word: "case", fill: "#fef3c7", line: "#a16207" },
    Look { word: "call", fill: "#ede9fe", line: "#6d28d9" },
    Look { word: "return", fill: "#e5e7eb", line: "#4b5563" },
];
static DIALLED: Look = Look { word: "", fill: "#ffffff", line: "#1f2328" };

/// A way in a flow.
#[derive(Debug)]
pub(super) struct Line<'d> {
    edge: &'d Edge<'d>,
    /// As SVG writes it.
    path: String,
    pub(super) label: Area,
}

/// A flow with all that is in it. Only its own area counts from the corner of the picture, all others from its corner.
#[derive(Debug)]
pub(super) struct Cluster<'d> {
    flow: &'d str,
    pub(super) area: Area,
    pub(super) boxes: Vec<(&'d Node<'d>, Area)>,
    pub(super) pills: Vec<(&'d Edge<'d>, Area)>,
    pub(super) lines: Vec<Line<'d>>,
}

/// The whole picture.
#[derive(Debug)]
pub(super) struct Layout<'d> {
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) clusters: Vec<Cluster<'d>>,
}

/// Gives everything its place.
pub(super) fn layout<'d>(drawing: &'d Drawing<'d>) -> Layout<'d> {
    let mut clusters: Vec<Cluster<'d>> = drawing.flows.iter().map(|flow| cluster(drawing, flow)).collect();
    // What a caller meets first stands first; the others fit best from the highest to the lowest.
    let mut others = clusters.split_off(clusters.len().min(2));
    others.sort_by_key(|cluster| Reverse(cluster.area.height));
    clusters.extend(others);
    let mut areas: Vec<Area> = clusters.iter().map(|cluster| cluster.area).collect();
    let (width, height) = lay_out(&mut areas, GAP);
    for (cluster, area) in clusters.iter_mut().zip(areas) {
        cluster.area = Area { x: area.x + MARGIN, y: area.y + HEAD, ..area };
    }
    Layout { width: (width + 2 * MARGIN).max(WIDTH_MIN), height: height + HEAD + MARGIN, clusters }
}

/// A state on its way into the picture.
struct Place<'d> {
    node: &'d Node<'d>,
    column: usize,
    area: Area,
    /// Ways in the flow, port by port.
    inside: Vec<&'d Edge<'d>>,
    /// Ways into other flows, link by link.
    outside: Vec<&'d Edge<'d>>,
}

impl Place<'_> {
    /// Where the last link ends.
    fn bottom(&self) -> i64 {
        self.area.bottom() + whole(self.outside.len()) * PILL_STEP
    }

    /// What the labels at the ports need.
    fn labels(&self) -> i64 {
        self.inside.iter().map(|edge| measured(&edge.label, SMALL) + 10).max().unwrap_or(0)
    }
}

/// The states of a flow in columns, each beside the first that leads to it. Where a column begins is still open.
fn places<'d>(drawing: &'d Drawing<'d>, flow: &str) -> Vec<Place<'d>> {
    let mut places: Vec<Place<'d>> = Vec::new();
    for (column, nodes) in drawing.columns(flow).into_iter().enumerate() {
        let mut low = 0;
        for node in nodes {
            let (inside, outside): (Vec<_>, Vec<_>) = drawing.leaving(node.name).partition(|edge| edge.is_inside());
            let leads_here =
                |place: &&Place<'d>| place.column + 1 == column && place.inside.iter().any(|edge| edge.to == node.name);
            let beside = places.iter().find(leads_here).map_or(0, |place| place.area.y);
            let badges: i64 = node.marks.iter().map(|mark| badge_width(mark) + 4).sum();
            let name = measured(node.short(), NAME) + badges;
            let links = outside.iter().map(|edge| pill_width(edge));
            let width = links.chain([name + 16, measured(&node.what(), SMALL) + 16]).max().unwrap_or(0);
            let height = BOX.max(2 * PORT_TOP + PORT_STEP * (whole(inside.len()) - 1));
            let area = Area { x: 0, y: low.max(beside), width, height };
            let place = Place { node, column, area, inside, outside };
            low = place.bottom() + ROW_GAP;
            places.push(place);
        }
    }
    places
}

/// One flow.
fn cluster<'d>(drawing: &'d Drawing<'d>, flow: &'d str) -> Cluster<'d> {
    let mut places = places(drawing, flow);
    let columns: BTreeMap<&str, usize> = places.iter().map(|place| (place.node.name, place.column)).collect();
    let tops: BTreeMap<&str, i64> = places.iter().map(|place| (place.node.name, place.area.y)).collect();
    let bottom = places.iter().map(Place::bottom).max().unwrap_or(0);
    // A lane for each state to which lines lead back, and where they turn into it and out of it, between columns.
    let (mut above, mut below, mut turns) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for place in &places {
        for edge in &place.inside {
            let (Some(column), Some(top)) = (columns.get(edge.to), tops.get(edge.to)) else { continue };
            if *column <= place.column {
                turns.extend([(*column, edge.to), (place.column + 1, edge.to)]);
                let lanes = if top * 2 < bottom { &mut above } else { &mut below };
                lanes.insert((Reverse(*column), edge.to));
            }
        }
    }
    let room = |lanes: usize| if lanes == 0 { 0 } else { LANE_GAP + LANE * whole(lanes) };
    let top = TITLE + room(above.len());
    let height = top + bottom + room(below.len()) + PADDING;
    let above = above.iter().zip(0_i64..).map(|((_, to), lane)| (*to, top - LANE_GAP - LANE * lane));
    let below = below.iter().zip(0_i64..).map(|((_, to), lane)| (*to, top + bottom + LANE_GAP + LANE * lane));
    let lanes: BTreeMap<&str, i64> = above.chain(below).collect();

    let last = columns.values().copied().max().unwrap_or(0);
    let mut turns_at: BTreeMap<(usize, &str), i64> = BTreeMap::new();
    let mut x = PADDING;
    for column in 0..=last + 1 {
        x += places.iter().filter(|place| place.column + 1 == column).map(Place::labels).max().unwrap_or(0);
        for turn in turns.iter().filter(|(before, _)| *before == column) {
            turns_at.insert(*turn, x + LANE / 2);
            x += LANE;
        }
        x += match column {
            0 if turns_at.is_empty() => 0,
            0 => 2 * LANE,
            _ if column > last => 0,
            _ => CURVE,
        };
        let width = places.iter().filter(|place| place.column == column).map(|place| place.area.width).max();
        let width = width.unwrap_or(0);
        for place in places.iter_mut().filter(|place| place.column == column) {
            place.area = Area { x, y: place.area.y + top, width, height: place.area.height };
        }
        x += width;
    }
    let width = (x + PADDING).max(2 * PADDING + measured(title(flow), NAME + 2));

    let areas: BTreeMap<&str, Area> = places.iter().map(|place| (place.node.name, place.area)).collect();
    let (mut pills, mut lines) = (Vec::new(), Vec::new());
    for place in &places {
        for (edge, row) in place.outside.iter().copied().zip(0_i64..) {
            let y = place.area.bottom() + PILL_STEP - PILL + row * PILL_STEP;
            pills.push((edge, Area { x: place.area.x, y, width: pill_width(edge), height: PILL }));
        }
        for (edge, port) in place.inside.iter().copied().zip(0_i64..) {
            let from = (place.area.right(), place.area.y + PORT_TOP + PORT_STEP * port);
            let Some(target) = areas.get(edge.to) else { continue };
            let into = columns.get(edge.to).and_then(|column| turns_at.get(&(*column, edge.to)));
            let out = turns_at.get(&(place.column + 1, edge.to));
            let path = match (out, lanes.get(edge.to), into) {
                (Some(out), Some(lane), Some(into)) if target.x <= place.area.x => {
                    let end = target.y + 2 * PORT_TOP;
                    bent(&[from, (*out, from.1), (*out, *lane), (*into, *lane), (*into, end), (target.x, end)])
                }
                _ => swung(from, (target.x, target.y + PORT_TOP)),
            };
            let label = Area { x: from.0 + 5, y: from.1 - 6, width: measured(&edge.label, SMALL), height: 12 };
            lines.push(Line { edge, path, label });
        }
    }
    let boxes = places.iter().map(|place| (place.node, place.area)).collect();
    Cluster { flow, area: Area { x: 0, y: 0, width, height }, boxes, pills, lines }
}

/// A line into the next column: level past the labels, then in a curve.
fn swung((x, y): (i64, i64), (to_x, to_y): (i64, i64)) -> String {
    let middle = to_x - CURVE / 2;
    format!("M{x} {y}H{}C{middle} {y} {middle} {to_y} {to_x} {to_y}", to_x - CURVE)
}

/// A line along these points with rounded corners.
fn bent(points: &[(i64, i64)]) -> String {
    let step = |from: i64, to: i64| from + ((to - from) / 2).clamp(-6, 6);
    let near = |corner: (i64, i64), to: (i64, i64)| (step(corner.0, to.0), step(corner.1, to.1));
    let corners = points.windows(3).fold(String::new(), |path, window| match window {
        [before, (x, y), after] => {
            let ((from_x, from_y), (to_x, to_y)) = (near((*x, *y), *before), near((*x, *y), *after));
            format!("{path}L{from_x} {from_y}Q{x} {y} {to_x} {to_y}")
        }
        _ => path,
    });
    match points {
        [first, .., last] => format!("M{} {}{corners}L{} {}", first.0, first.1, last.0, last.1),
        _ => corners,
    }
}

/// A count among pixels.
fn whole(count: usize) -> i64 {
    i64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Roughly how wide a text is: nothing here knows the fonts of whoever looks at the picture.
fn measured(text: &str, size: i64) -> i64 {
    whole(text.chars().count()) * size * 58 / 100 + 1
}

fn badge_width(mark: &str) -> i64 {
    measured(mark, BADGE) + 8
}

fn pill_text(edge: &Edge<'_>) -> String {
    format!("{} → {}", edge.label, edge.to)
}

fn pill_width(edge: &Edge<'_>) -> i64 {
    measured(&pill_text(edge), SMALL) + 16
}

/// Writes the picture.
pub(super) fn write(drawing: &Drawing<'_>) -> String {
    let Layout { width, height, clusters } = layout(drawing);
    let heading = escaped(&drawing.heading());
    let mut lines = vec![
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' \
             role='img' font-family='system-ui, sans-serif' font-size='{SMALL}' fill='{INK}'>"
        ),
        format!("<title>{heading}</title>"),
        "<desc>Each frame is a flow, each box in it a state; lines are keys and outcomes, links lead into other flows.\
         </desc>"
            .to_owned(),
        // A link shows where it led.
        "<style>g:target>rect{stroke-width:3}</style>".to_owned(),
        format!(
            "<defs><marker id='arrow' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='7' markerHeight='7' \
             orient='auto'><path d='M0 0L8 4L0 8z' fill='{GREY}'/></marker></defs>"
        ),
        format!("<rect width='{width}' height='{height}' fill='#ffffff'/>"),
        format!("<text x='{MARGIN}' y='32' font-size='18' font-weight='bold'>{heading}</text>"),
    ];
    legend(&mut lines);
    for cluster in &clusters {
        write_cluster(cluster, &mut lines);
    }
    lines.push("</svg>\n".to_owned());
    lines.join("\n")
}

fn legend(lines: &mut Vec<String>) {
    let mut x = MARGIN;
    for look in &LOOKS {
        lines.push(format!("{}<text x='{}' y='56'>{}</text>", rect(look, x, 46, 18, 12), x + 24, look.word));
        x += 40 + measured(look.word, SMALL);
    }
    let words = "Round corners: a screen. typed: what is no key. row: what is picked. A link leads into another flow.";
    lines.push(format!("<text x='{MARGIN}' y='74' fill='{GREY}'>{words}</text>"));
}

/// The frame of a state.
fn rect(look: &Look, x: i64, y: i64, width: i64, height: i64) -> String {
    let Look { fill, line, .. } = look;
    let round = if is_screen(look.word) { (height / 5).min(7) } else { 0 };
    format!("<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='{round}' fill='{fill}' stroke='{line}'/>")
}

fn write_cluster(cluster: &Cluster<'_>, lines: &mut Vec<String>) {
    let Area { x, y, width, height } = cluster.area;
    lines.push(format!("<g transform='translate({x} {y})'>"));
    lines.push(format!("<rect width='{width}' height='{height}' rx='10' fill='{GROUND}' stroke='#afb8c1'/>"));
    let flow = escaped(title(cluster.flow));
    lines.push(format!("<text x='{PADDING}' y='18' font-size='14' font-weight='bold'>{flow}</text>"));
    lines.push(format!("<g fill='none' stroke='{GREY}' marker-end='url(#arrow)'>"));
    lines.extend(cluster.lines.iter().map(|line| format!("<path d='{}'/>", line.path)));
    lines.push("</g>".to_owned());
    lines.extend(cluster.boxes.iter().map(|(node, area)| state(node, *area)));
    for (edge, Area { x, y, width, height }) in &cluster.pills {
        let (from, to, text) = (escaped(edge.from), escaped(edge.to), escaped(&pill_text(edge)));
        lines.push(format!(
            "<a href='#{to}'><title>{from}: {text}</title><rect x='{x}' y='{y}' width='{width}' height='{height}' \
             rx='8' fill='#ffffff' stroke='#8c959f'/><text x='{}' y='{}' fill='#0550ae'>{text}</text></a>",
            x + 8,
            y + 12
        ));
    }
    lines.push(format!("<g stroke='{GROUND}' stroke-width='3' stroke-linejoin='round' paint-order='stroke'>"));
    for Line { edge, label, .. } in &cluster.lines {
        let (from, to, text) = (escaped(edge.from), escaped(edge.to), escaped(&edge.label));
        let (x, y) = (label.x, label.bottom() - 3);
        lines.push(format!("<text x='{x}' y='{y}'><title>{from}: {text} → {to}</title>{text}</text>"));
    }
    lines.push("</g></g>".to_owned());
}

/// One state with its badges.
fn state(node: &Node<'_>, area: Area) -> String {
    let (name, short, what) = (escaped(node.name), escaped(node.short()), escaped(&node.what()));
    let look = LOOKS.iter().find(|look| look.word == node.word).unwrap_or(&DIALLED);
    let frame = rect(look, area.x, area.y, area.width, area.height);
    let (x, first, second) = (area.x + 8, area.y + 15, area.y + 29);
    let mut right = area.right();
    let badges = node.marks.iter().fold(String::new(), |badges, mark| {
        let (width, y) = (badge_width(mark), area.y + 4);
        right -= width + 4;
        format!(
            "{badges}<rect x='{right}' y='{y}' width='{width}' height='13' rx='6'/>\
             <text x='{}' y='{}' font-size='{BADGE}' fill='#ffffff'>{mark}</text>",
            right + 4,
            y + 10
        )
    });
    format!(
        "<g id='{name}'><title>{name}: {what}</title>{frame}\
         <text x='{x}' y='{first}' font-size='12' font-weight='600'>{short}</text>\
         <text x='{x}' y='{second}' fill='{GREY}'>{what}</text>{badges}</g>"
    )
}
