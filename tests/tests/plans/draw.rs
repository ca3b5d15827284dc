//! Plans out of a tape of numbers, so that a shorter tape of smaller numbers is a simpler plan.

use std::fmt::Write as _;

use ta_kernel_api::spec::{Domain, OutputKind};
use ta_kernel_api::{KernelDef, Registry, ScalarKind};

/// Numbers to choose by: those of a tape, and nought when there are no more; or out of a seed, without end.
pub(crate) enum Draw<'t> {
    Tape(std::slice::Iter<'t, u32>),
    Seed(u64),
}

impl<'t> Draw<'t> {
    pub(crate) fn of_tape(tape: &'t [u32]) -> Self {
        Self::Tape(tape.iter())
    }

    pub(crate) fn of_seed(seed: u64) -> Self {
        Self::Seed(seed)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let number = match self {
            Self::Tape(tape) => tape.next().map_or(0, |&number| number.into()),
            // SplitMix64.
            Self::Seed(seed) => {
                *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
        };
        (number % n.max(1) as u64) as usize
    }

    pub(crate) fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Some statements: outputs, and bindings that later ones use.
pub(crate) fn script(draw: &mut Draw<'_>, registry: &Registry) -> Vec<String> {
    let kernels: Vec<&'static KernelDef> =
        registry.iter().filter(|def| def.spec.scalars.contains(&ScalarKind::Decimal)).collect();
    let mut maker = Maker { draw, kernels: &kernels, bound: Vec::new() };
    let mut texts = Vec::new();
    for at in 0..=maker.draw.below(3) {
        if maker.draw.below(4) == 3 {
            let value = maker.number(3);
            texts.push(format!("let v{at} = {value}"));
            maker.bound.push(format!("v{at}"));
        }
        let (number, depth) = (maker.draw.below(3) > 0, maker.draw.below(4));
        let value = if number { maker.number(depth) } else { maker.truth(depth) };
        texts.push(format!("o{at} = {value}"));
    }
    texts
}

/// Paths that come before a field or a call; the first is the plan's own rows.
const PATHS: [&str; 6] = ["", "5m.", "B.", "B.5m.", "C.15m.", "15m."];
const FIELDS: [&str; 6] = ["close", "open", "high", "low", "volume", "hlc3"];
const TRADES: [&str; 3] = ["price", "amount", "signed_amount"];

struct Maker<'d, 't, 'k> {
    draw: &'d mut Draw<'t>,
    kernels: &'k [&'static KernelDef],
    bound: Vec<String>,
}

impl Maker<'_, '_, '_> {
    fn field(&mut self) -> String {
        if !self.bound.is_empty() && self.draw.below(5) == 4 {
            return self.draw.one_of(&self.bound).clone();
        }
        let path = *self.draw.one_of(&PATHS);
        format!("{path}{}", self.draw.one_of(&FIELDS))
    }

    fn number(&mut self, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else { return self.field() };
        match self.draw.below(13) {
            0 | 1 => self.field(),
            2..=4 => self.call(depth, OutputKind::Number),
            5 => {
                let op = *self.draw.one_of(&["+", "-", "*", "/", "%"]);
                format!("({} {op} {})", self.number(depth), self.number(depth))
            }
            6 => format!("({} {} {})", self.number(depth), self.draw_op(), self.draw_constant()),
            7 => format!("-{}", self.value(depth)),
            8 => format!("if({}, {}, {})", self.truth(depth), self.number(depth), self.number(depth)),
            9 => {
                let rows = self.draw.below(4) + 1;
                let value = self.value(depth);
                match self.draw.below(5) {
                    0 => format!("{value}[{rows}]"),
                    1 => format!("{value}.{rows}_ago"),
                    2 => format!("{value}.{}m_ago", rows * 3),
                    3 => format!("{value}.change_{}m", rows * 4),
                    _ => format!("{value}.roc_{rows}"),
                }
            }
            10 => {
                let value = self.value(depth);
                let age = *self.draw.one_of(&["fresh", "within(3m)", "within(10m)"]);
                format!("{value}.{age}")
            }
            11 => self.aggregate(depth),
            _ => {
                let value = self.value(depth);
                let every = *self.draw.one_of(&["3", "5m", "2", "15m"]);
                let rule = *self.draw.one_of(&["last", "max", "sum", "count", "first", "avg", "min"]);
                format!("{value}.downsample({every}, {rule})")
            }
        }
    }

    /// A number that a dot or a bracket may follow.
    fn value(&mut self, depth: usize) -> String {
        format!("({})", self.number(depth))
    }

    fn draw_op(&mut self) -> &'static str {
        const OPS: [&str; 4] = ["+", "*", "-", "/"];
        OPS[self.draw.below(OPS.len())]
    }

    fn draw_constant(&mut self) -> &'static str {
        const CONSTANTS: [&str; 5] = ["2", "0.5", "-3", "0", "100"];
        CONSTANTS[self.draw.below(CONSTANTS.len())]
    }

    fn truth(&mut self, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else {
            return format!("({} > {})", self.field(), self.field());
        };
        match self.draw.below(6) {
            0 | 1 => {
                let op = *self.draw.one_of(&[">", "<", ">=", "<=", "==", "!="]);
                format!("({} {op} {})", self.number(depth), self.number(depth))
            }
            2 => format!("(not {})", self.truth(depth)),
            3 => {
                let op = *self.draw.one_of(&["and", "or"]);
                format!("({} {op} {})", self.truth(depth), self.truth(depth))
            }
            4 => format!("if({}, {}, {})", self.truth(depth), self.truth(depth), self.truth(depth)),
            _ => self.call(depth, OutputKind::Bool),
        }
    }

    /// A call of any linked kernel that has such an output.
    fn call(&mut self, depth: usize, kind: OutputKind) -> String {
        let able: Vec<_> = self
            .kernels
            .iter()
            .filter(|def| def.spec.outputs.iter().any(|output| output.kind == kind))
            .collect();
        let spec = &self.draw.one_of(&able).spec;
        let path = if self.draw.below(4) == 3 { *self.draw.one_of(&PATHS) } else { "" };
        let mut arguments = Vec::new();
        for input in spec.inputs {
            if input.field.is_none() || (input.name == "source" && self.draw.below(2) == 1) {
                arguments.push(format!("{}={}", input.name, self.number(depth)));
            }
        }
        for param in spec.params {
            let value = match param.domain {
                Domain::Int { min, .. } => (min + self.draw.below(7) as i64).to_string(),
                Domain::Choice { names, .. } => (*self.draw.one_of(names)).to_owned(),
                Domain::Flag { .. } => self.draw.one_of(&["true", "false"]).to_string(),
                Domain::Real { .. } => continue,
            };
            arguments.push(format!("{}={value}", param.name));
        }
        let mut text = format!("{path}{}({})", spec.id, arguments.join(", "));
        if spec.outputs.len() > 1 {
            let able: Vec<_> = spec.outputs.iter().filter(|output| output.kind == kind).collect();
            let _ = write!(text, ".{}", self.draw.one_of(&able).name);
        }
        text
    }

    fn aggregate(&mut self, depth: usize) -> String {
        let trades = self.draw.below(2) == 1;
        let path = if trades {
            *self.draw.one_of(&["trades", "B.trades"])
        } else {
            *self.draw.one_of(&["", "B", "5m"])
        };
        let (value, condition) = if trades {
            let condition = format!("amount > {}", self.draw.one_of(&["1", "3", "amount[1]"]));
            ((*self.draw.one_of(&TRADES)).to_owned(), condition)
        } else {
            (format!("({})", self.number(depth.min(1))), self.truth(depth.min(1)))
        };
        let filter = format!("filter({condition})");
        let from = if path.is_empty() { filter } else { format!("{path}.{filter}") };
        let window = *self.draw.one_of(&["", "4", "6m", "20m"]);
        match self.draw.below(5) {
            0 if window.is_empty() => format!("{from}.count"),
            0 => format!("{from}.count({window})"),
            function => {
                let function = ["sum", "avg", "max", "min"][function - 1];
                let window = if window.is_empty() { String::new() } else { format!(", {window}") };
                format!("{from}.{function}({value}{window})")
            }
        }
    }
}
