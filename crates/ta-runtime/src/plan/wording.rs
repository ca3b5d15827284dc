//! The values of a plan in words.

use super::{Age, Op, Plan, PlanNode, Rows};
use crate::exec::label;
use crate::expr::UnaryOp;

/// A longer text is cut: a value that reads another one twice, which reads a third one twice, has no short text.
const LONGEST: usize = 160;
/// Binds tighter than any operator.
const WHOLE: u8 = u8::MAX;

/// A value in words: `sma(close, period=20)`, `1h.close > 5`.
#[derive(Debug, Clone)]
pub(crate) struct Wording {
    text: String,
    /// How tightly its outermost operator binds.
    power: u8,
}

impl Wording {
    /// The text itself.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn new(mut text: String, power: u8) -> Self {
        if text.len() <= LONGEST {
            return Self { text, power };
        }
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
        Self { text, power: WHOLE }
    }

    /// The text, in brackets when its operator binds less tightly than what stands around it.
    fn within(&self, power: u8) -> String {
        if self.power < power { format!("({})", self.text) } else { self.text.clone() }
    }
}

/// Each value of a plan in words, by slot.
pub(crate) fn texts(plan: &Plan) -> Vec<Wording> {
    let mut words: Vec<Wording> = Vec::with_capacity(plan.slots());
    for node in plan.nodes() {
        let inputs: Vec<&Wording> = node.inputs().iter().map(|input| &words[input.index()]).collect();
        let whole = wording(plan, node, &inputs);
        match node.op() {
            Op::Call { def, .. } if def.spec.outputs.len() > 1 => {
                let outputs = def.spec.outputs.iter();
                words.extend(
                    outputs.map(|output| Wording::new(format!("{}.{}", whole.text, output.name), WHOLE)),
                );
            }
            _ => words.push(whole),
        }
    }
    words
}

fn wording(plan: &Plan, node: &PlanNode, inputs: &[&Wording]) -> Wording {
    let base = |suffix: String| Wording::new(inputs[0].within(WHOLE) + &suffix, WHOLE);
    match node.op() {
        Op::Field { name } => match &plan.clocks()[node.clock().index()] {
            Rows::Source(source) if !source.is_base() => Wording::new(format!("{source}.{name}"), WHOLE),
            _ => Wording::new(name.to_string(), WHOLE),
        },
        Op::Literal { text } => {
            let power = if text.starts_with('-') { UnaryOp::Neg.power() } else { WHOLE };
            Wording::new(text.to_string(), power)
        }
        Op::Unary(op) => {
            let space = if *op == UnaryOp::Not { " " } else { "" };
            Wording::new(format!("{op}{space}{}", inputs[0].within(op.power())), op.power())
        }
        Op::Binary(op) => {
            let (left, right) = (inputs[0].within(op.left_power()), inputs[1].within(op.right_power()));
            Wording::new(format!("{left} {op} {right}"), op.power())
        }
        Op::If => {
            let parts: Vec<&str> = inputs.iter().map(|input| input.text()).collect();
            Wording::new(format!("if({})", parts.join(", ")), WHOLE)
        }
        Op::History { .. } => base(label(node)),
        Op::Align { age: Age::Any } => inputs[0].clone(),
        Op::Ago { .. } | Op::Align { .. } => base(format!(".{}", label(node))),
        Op::Downsample { rule } => base(match &plan.clocks()[node.clock().index()] {
            Rows::Every { every, .. } => format!(".downsample({every}, {})", rule.name()),
            Rows::Source(_) => format!(".{}", label(node)),
        }),
        Op::Aggregate { of, function, window, condition, .. } => {
            let source = match &plan.clocks()[of.index()] {
                Rows::Source(source) if !source.is_base() => source.to_string(),
                _ => plan.schema().name.to_owned(),
            };
            let (conditions, values) = inputs.split_at(usize::from(*condition));
            let filter = conditions.iter().map(|condition| format!(".filter({})", condition.text));
            let arguments = values.iter().map(|value| value.text.clone());
            let arguments: Vec<String> = arguments.chain(window.map(|window| window.to_string())).collect();
            let filter: String = filter.collect();
            Wording::new(format!("{source}{filter}.{}({})", function.name(), arguments.join(", ")), WHOLE)
        }
        Op::Call { def, params } => {
            let inputs = inputs.iter().map(|input| input.text.clone());
            let params = def.named(params).map(|(name, value)| format!("{name}={value}"));
            let arguments: Vec<String> = inputs.chain(params).collect();
            Wording::new(format!("{}({})", def.spec.id, arguments.join(", ")), WHOLE)
        }
    }
}
