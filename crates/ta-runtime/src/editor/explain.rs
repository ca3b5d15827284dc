//! The plan of expressions, drawn.

use std::fmt::Write as _;

use crate::exec::label;
use crate::plan::{Clock, Op, Plan, PlanNode, PlanOutput, Rows, Slot};

/// Deeper levels of a tree are left out.
const DEEPEST: usize = 64;

/// A plan as a tree in text: each output, and below each operation what it reads.
///
/// An operation that is read more than once has a number, is drawn where it is read first, and is named by its number from then on.
/// After `@` stand the rows an operation is carried out on when they are not the plan's own.
///
/// ```
/// use ta_kernel_api::Registry;
/// use ta_runtime::editor::tree;
/// use ta_runtime::plan::{Plan, PlanOptions};
///
/// let expressions = [(Some("up"), "(high - low) / (high - low)[1] > 2")];
/// let plan = Plan::compile(&Registry::linked()?, &expressions, &PlanOptions::default())?;
/// let expected = "\
/// up: bool
/// └─ >
///    ├─ /
///    │  ├─ - #1
///    │  │  ├─ high
///    │  │  └─ low
///    │  └─ [1]
///    │     └─ #1
///    └─ 2
/// ";
/// assert_eq!(tree(&plan), expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tree(plan: &Plan) -> String {
    let drawing = Drawing::new(plan);
    let mut numbers: Vec<Option<usize>> = vec![None; plan.nodes().len()];
    let mut numbered = 0;
    let mut text = String::new();
    for output in plan.outputs() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}: {}", output.name(), output.kind().name());
        let mut open = vec![(output.slot(), String::new(), true)];
        while let Some((slot, indent, last)) = open.pop() {
            let at = drawing.filled_by[slot.index()];
            let node = &plan.nodes()[at];
            let branch = if last { "└─ " } else { "├─ " };
            if let Some(number) = numbers[at] {
                let _ = writeln!(text, "{indent}{branch}#{number}{}", output_name(node, slot));
                continue;
            }
            let _ = write!(text, "{indent}{branch}{}{}", drawing.label(node), output_name(node, slot));
            if drawing.readers[at] > 1 && !node.inputs().is_empty() {
                numbered += 1;
                numbers[at] = Some(numbered);
                let _ = write!(text, " #{numbered}");
            }
            text.push('\n');
            let indent = format!("{indent}{}", if last { "   " } else { "│  " });
            if indent.chars().count() > 3 * DEEPEST && !node.inputs().is_empty() {
                let _ = writeln!(text, "{indent}└─ …");
                continue;
            }
            let inputs = node.inputs().iter().enumerate().rev();
            open.extend(
                inputs.map(|(input, &slot)| (slot, indent.clone(), input + 1 == node.inputs().len())),
            );
        }
    }
    text
}

/// A plan as a flowchart in Mermaid: each operation once, with arrows from what it reads.
///
/// ```
/// use ta_kernel_api::Registry;
/// use ta_runtime::editor::mermaid;
/// use ta_runtime::plan::{Plan, PlanOptions};
///
/// let plan = Plan::compile(&Registry::linked()?, &[(Some("up"), "close > close[1]")], &PlanOptions::default())?;
/// let expected = "\
/// flowchart TD
///   n0[\"close\"]
///   n1[\"[1]\"]
///   n0 --> n1
///   n2[\"#gt;\"]
///   n0 --> n2
///   n1 --> n2
///   o0([\"up: bool\"])
///   n2 --> o0
/// ";
/// assert_eq!(mermaid(&plan), expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mermaid(plan: &Plan) -> String {
    let drawing = Drawing::new(plan);
    let mut text = "flowchart TD\n".to_owned();
    let arrow = |text: &mut String, slot: Slot, to: &str| {
        let from = drawing.filled_by[slot.index()];
        let name = output_name(&plan.nodes()[from], slot);
        let name = if name.is_empty() { name } else { format!("|\"{}\"|", escaped(&name[1..])) };
        // Writing to a string does not fail.
        let _ = writeln!(text, "  n{from} -->{name} {to}");
    };
    for (at, node) in plan.nodes().iter().enumerate() {
        let _ = writeln!(text, "  n{at}[\"{}\"]", escaped(&drawing.label(node)));
        node.inputs().iter().for_each(|&input| arrow(&mut text, input, &format!("n{at}")));
    }
    for (at, output) in plan.outputs().iter().enumerate() {
        let label = format!("{}: {}", output.name(), output.kind().name());
        let _ = writeln!(text, "  o{at}([\"{}\"])", escaped(&label));
        arrow(&mut text, output.slot(), &format!("o{at}"));
    }
    text
}

/// The name of the output a slot stands for, with a dot before it; nothing where a node has only one.
fn output_name(node: &PlanNode, slot: Slot) -> String {
    match node.op() {
        Op::Call { def, .. } if node.width() > 1 => {
            let output = def.spec.outputs.get(slot.index() - node.first().index());
            output.map(|output| format!(".{}", output.name)).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// A text between the quotes of a label.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut text, c| {
        match c {
            '"' => text.push_str("#quot;"),
            '#' => text.push_str("#35;"),
            '<' => text.push_str("#lt;"),
            '>' => text.push_str("#gt;"),
            '&' => text.push_str("#amp;"),
            '`' => text.push_str("#96;"),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
        text
    })
}

/// A plan and what its drawings need to know of it.
struct Drawing<'p> {
    plan: &'p Plan,
    /// The node that fills each slot.
    filled_by: Vec<usize>,
    /// For each node how often it is read.
    readers: Vec<usize>,
}

impl<'p> Drawing<'p> {
    fn new(plan: &'p Plan) -> Self {
        let nodes = || plan.nodes().iter().enumerate();
        let filled_by: Vec<usize> = nodes().flat_map(|(at, node)| node.slots().map(move |_| at)).collect();
        let mut readers = vec![0; plan.nodes().len()];
        let read = plan.nodes().iter().flat_map(|node| node.inputs().iter().copied());
        for slot in read.chain(plan.outputs().iter().map(PlanOutput::slot)) {
            readers[filled_by[slot.index()]] += 1;
        }
        Self { plan, filled_by, readers }
    }

    /// A node in a few words, and the rows it is carried out on.
    fn label(&self, node: &PlanNode) -> String {
        let label = label(node);
        match (node.op(), self.rows(node.clock())) {
            (Op::Field { .. }, Some(rows)) => format!("{rows}.{label}"),
            (Op::Literal { .. }, _) | (_, None) => label,
            (_, Some(rows)) => format!("{label} @ {rows}"),
        }
    }

    /// The rows of a clock, none for the plan's own.
    fn rows(&self, clock: Clock) -> Option<String> {
        match &self.plan.clocks()[clock.index()] {
            Rows::Source(source) => (!source.is_base()).then(|| source.to_string()),
            Rows::Every { of, every } => {
                let of = self.rows(*of).map(|of| format!("{of} by ")).unwrap_or_default();
                Some(format!("{of}{every}"))
            }
        }
    }
}
