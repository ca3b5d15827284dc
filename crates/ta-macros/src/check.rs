//! What was written into what is meant. All errors of a declaration are collected before any is reported.

use std::fmt::Display;

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Expr, Fields, Ident, LitInt, LitStr, Path, Result, Type};

use crate::parse::{self, Attribute, Input, Output, ParamArgs, Value};

/// A declaration without a fault.
#[allow(clippy::struct_excessive_bools, reason = "each stands for an argument of its own")]
pub(crate) struct Checked {
    pub(crate) ident: Ident,
    pub(crate) id: LitStr,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) family: LitStr,
    pub(crate) since: LitStr,
    pub(crate) doc: String,
    pub(crate) params: Vec<Param>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<CheckedOutput>,
    /// Where the counts of inputs and outputs are promised.
    pub(crate) promise: Span,
    pub(crate) f64: bool,
    pub(crate) decimal: bool,
    pub(crate) overlay: bool,
    pub(crate) levels: Vec<f64>,
    pub(crate) parity: Parity,
    pub(crate) pass_missing: bool,
    pub(crate) warmup_from_data: bool,
    pub(crate) rule: Option<Path>,
    pub(crate) state_version: u32,
}

pub(crate) struct Param {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) doc: String,
    pub(crate) default: Expr,
    pub(crate) domain: Domain,
}

pub(crate) enum Domain {
    Int {
        default: i64,
        min: i64,
        max: i64,
    },
    Real {
        default: f64,
        min: f64,
        max: f64,
    },
    Flag {
        default: bool,
    },
    /// The names are the enum's, and so is the name of the default.
    Choice,
}

pub(crate) struct CheckedOutput {
    pub(crate) name: Ident,
    pub(crate) doc: String,
    pub(crate) bool: bool,
    pub(crate) histogram: bool,
}

pub(crate) enum Parity {
    Exact,
    Ulps(u32, LitStr),
    Relative(f64, LitStr),
}

/// Errors so far.
#[derive(Default)]
struct Faults(Option<Error>);

impl Faults {
    fn add(&mut self, span: Span, message: impl Display) {
        self.push(Error::new(span, message));
    }
    fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }
}

pub(crate) fn check(attribute: Attribute, item: &DeriveInput) -> Result<Checked> {
    let mut faults = Faults::default();
    let mut checked = Checked {
        ident: item.ident.clone(),
        id: empty(),
        aliases: Vec::new(),
        family: empty(),
        since: empty(),
        doc: parse::docs(&item.attrs),
        params: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        promise: Span::call_site(),
        f64: true,
        decimal: true,
        overlay: false,
        levels: Vec::new(),
        parity: Parity::Exact,
        pass_missing: false,
        warmup_from_data: false,
        rule: None,
        state_version: 1,
    };
    if checked.doc.is_empty() {
        faults.add(
            item.ident.span(),
            format!(
                "kernel `{}` has no doc comment; its first line becomes the summary in every front end",
                item.ident
            ),
        );
    }
    if !item.generics.params.is_empty() {
        faults.add(
            item.generics.span(),
            "the parameters struct of a kernel takes no generics; the scalar is a parameter of `impl<S: Scalar> Kernel<S, ..>`",
        );
    }
    read_args(attribute, &mut checked, &mut faults);
    read_fields(item, &mut checked, &mut faults);
    check_names(&checked, &mut faults);
    faults.0.map_or(Ok(checked), Err)
}

fn empty() -> LitStr {
    LitStr::new("", Span::call_site())
}

fn read_args(attribute: Attribute, checked: &mut Checked, faults: &mut Faults) {
    let mut seen: Vec<String> = Vec::new();
    for arg in attribute.args {
        let name = arg.name.to_string();
        if seen.contains(&name) {
            faults.add(arg.name.span(), format!("`{name}` is given twice"));
            continue;
        }
        seen.push(name.clone());
        match arg.value {
            Value::Text(text) if name == "id" => {
                check_id("kernel id", &text, faults);
                checked.id = text;
            }
            Value::Text(text) => {
                if text.value().trim().is_empty() {
                    faults.add(text.span(), format!("`{name}` is empty"));
                }
                *(if name == "family" { &mut checked.family } else { &mut checked.since }) = text;
            }
            Value::Texts(aliases) => {
                for (at, alias) in aliases.iter().enumerate() {
                    check_id("alias", alias, faults);
                    if aliases[..at].iter().any(|other| other.value() == alias.value()) {
                        faults.add(alias.span(), format!("alias `{}` is given twice", alias.value()));
                    }
                }
                checked.aliases = aliases;
            }
            Value::Inputs(span, inputs) => {
                if inputs.is_empty() {
                    faults.add(span, "a kernel has at least one input, such as `inputs(source = close)`");
                }
                checked.inputs = inputs;
            }
            Value::Outputs(span, outputs) => {
                if outputs.is_empty() {
                    faults.add(span, "a kernel has at least one output, such as `outputs(average)`");
                }
                checked.promise = arg.name.span();
                checked.outputs = read_outputs(outputs, faults);
            }
            Value::Words(scalars) => read_scalars(&arg.name, &scalars, checked, faults),
            Value::Word(word) if name == "missing" => {
                if word != "pass" {
                    faults.add(
                        word.span(),
                        format!("unknown `missing = {word}`; write `missing = pass` or leave it out"),
                    );
                }
                checked.pass_missing = true;
            }
            Value::Word(word) => {
                if word != "data" {
                    faults.add(
                        word.span(),
                        format!("unknown `warmup = {word}`; write `warmup = data` or leave it out"),
                    );
                }
                checked.warmup_from_data = true;
            }
            Value::Plot(place, levels) => read_plot(&place, &levels, checked, faults),
            Value::Parity(class, bound) => read_parity(&class, bound, checked, faults),
            Value::Path(path) => checked.rule = Some(path),
            Value::Number(version) => read_state_version(&version, checked, faults),
        }
    }
    let required = ["id = \"...\"", "family = \"...\"", "since = \"...\"", "inputs(...)", "outputs(...)"];
    let missing: Vec<_> = required
        .into_iter()
        .filter(|form| !seen.iter().any(|name| form.starts_with(name.as_str())))
        .map(|form| format!("`{form}`"))
        .collect();
    if !missing.is_empty() {
        faults.add(Span::call_site(), format!("`#[kernel]` needs {}", missing.join(", ")));
    }
}

/// `name` or `vendor::name`, lower case.
fn check_id(what: &str, id: &LitStr, faults: &mut Faults) {
    let text = id.value();
    if text.chars().any(char::is_uppercase) {
        let lower = text.to_lowercase();
        faults.add(id.span(), format!("{what} `{text}` must be lower case; write `\"{lower}\"`"));
        return;
    }
    let parts: Vec<&str> = text.split("::").collect();
    let word = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    if parts.len() > 2 || !parts.iter().all(word) {
        let form = "`name` or `vendor::name` of a-z, 0-9 and _, beginning with a letter";
        faults.add(id.span(), format!("{what} `{text}` must be {form}"));
    }
}

fn read_outputs(outputs: Vec<Output>, faults: &mut Faults) -> Vec<CheckedOutput> {
    let several = outputs.len() > 1;
    let mut read = Vec::new();
    for output in outputs {
        let doc = parse::docs(&output.attrs);
        if several && doc.is_empty() {
            faults.add(output.name.span(), format!("output `{}` has no doc comment", output.name));
        }
        for attr in &output.attrs {
            if !attr.path().is_ident("doc") && !attr.path().is_ident("histogram") {
                faults.add(attr.span(), "an output takes a doc comment and `#[histogram]`");
            }
        }
        if let Some(kind) = output.kind.as_ref().filter(|kind| *kind != "bool") {
            faults.add(
                kind.span(),
                format!("unknown output type `{kind}`; write `: bool`, or nothing for a number"),
            );
        }
        read.push(CheckedOutput {
            histogram: output.attrs.iter().any(|attr| attr.path().is_ident("histogram")),
            bool: output.kind.is_some(),
            name: output.name,
            doc,
        });
    }
    read
}

fn read_scalars(name: &Ident, scalars: &[Ident], checked: &mut Checked, faults: &mut Faults) {
    for scalar in scalars {
        if scalar != "f64" && scalar != "decimal" {
            faults.add(scalar.span(), format!("unknown scalar `{scalar}`; there are `f64` and `decimal`"));
        }
    }
    if scalars.is_empty() {
        faults.add(name.span(), "name at least one scalar, such as `scalars(f64)`");
    }
    checked.f64 = scalars.iter().any(|scalar| scalar == "f64");
    checked.decimal = scalars.iter().any(|scalar| scalar == "decimal");
}

fn read_plot(place: &Ident, levels: &[Expr], checked: &mut Checked, faults: &mut Faults) {
    if place != "overlay" && place != "pane" {
        faults.add(place.span(), format!("unknown place `{place}`; there are `overlay` and `pane`"));
    }
    checked.overlay = place == "overlay";
    for level in levels {
        match parse::number(level) {
            Some(level) => checked.levels.push(level),
            None => faults.add(level.span(), "a level is a number"),
        }
    }
}

fn read_parity(class: &Ident, bound: Option<(Expr, LitStr)>, checked: &mut Checked, faults: &mut Faults) {
    let number = bound.as_ref().and_then(|(bound, _)| parse::number(bound));
    match (class.to_string().as_str(), bound, number) {
        ("exact", None, _) => checked.parity = Parity::Exact,
        ("ulps", Some((_, why)), Some(ulps)) if ulps >= 1.0 && ulps.fract() == 0.0 => {
            checked.parity = Parity::Ulps(ulps as u32, why);
        }
        ("relative", Some((_, why)), Some(tolerance)) if tolerance > 0.0 => {
            checked.parity = Parity::Relative(tolerance, why);
        }
        _ => faults.add(
            class.span(),
            "write `parity = exact`, `parity = ulps(4, \"why\")` or `parity = relative(1e-12, \"why\")`",
        ),
    }
}

fn read_state_version(version: &LitInt, checked: &mut Checked, faults: &mut Faults) {
    match version.base10_parse::<u32>() {
        Ok(version) if version > 0 => checked.state_version = version,
        _ => faults.add(version.span(), "the version of a state is a whole number from 1"),
    }
}

fn read_fields(item: &DeriveInput, checked: &mut Checked, faults: &mut Faults) {
    let fields = match &item.data {
        Data::Struct(data) => &data.fields,
        _ => {
            return faults
                .add(item.ident.span(), "`#[kernel]` goes on a struct whose fields are the parameters");
        }
    };
    let named = match fields {
        Fields::Named(named) => &named.named,
        Fields::Unit => return,
        Fields::Unnamed(_) => {
            return faults.add(fields.span(), "parameters have names: write a struct with named fields");
        }
    };
    for field in named {
        // Named fields have an identifier.
        let Some(ident) = field.ident.clone() else { continue };
        let doc = parse::docs(&field.attrs);
        if doc.is_empty() {
            faults.add(ident.span(), format!("parameter `{ident}` has no doc comment"));
        }
        let attrs: Vec<_> = field.attrs.iter().filter(|attr| attr.path().is_ident("param")).collect();
        let [attr] = attrs[..] else {
            let form = "`#[param(default = 20, min = 1, max = 100)]`";
            faults.add(ident.span(), format!("parameter `{ident}` needs one {form}"));
            continue;
        };
        match attr.parse_args::<ParamArgs>().and_then(|args| read_param(&ident, &field.ty, args)) {
            Ok((default, domain)) => {
                checked.params.push(Param { ident, ty: field.ty.clone(), doc, default, domain });
            }
            Err(error) => faults.push(error),
        }
    }
}

fn read_param(ident: &Ident, ty: &Type, args: ParamArgs) -> Result<(Expr, Domain)> {
    let name = match ty {
        Type::Path(path) => path.path.get_ident().map(Ident::to_string).unwrap_or_default(),
        _ => String::new(),
    };
    let default = args
        .default
        .ok_or_else(|| Error::new(ident.span(), format!("parameter `{ident}` needs a `default`")))?;
    if let Some(choice) = &args.choice {
        if args.min.is_some() || args.max.is_some() {
            return Err(Error::new(choice.span(), "a choice has no `min` and `max`"));
        }
        if !matches!(default, Expr::Path(_)) {
            return Err(Error::new(
                default.span(),
                "the default of a choice is a variant, such as `Seed::Mean`",
            ));
        }
        return Ok((default, Domain::Choice));
    }
    let domain = match name.as_str() {
        "usize" | "i64" => {
            let least = if name == "usize" { 0 } else { i64::MIN };
            let read = |expr: &Expr| {
                parse::whole(expr).filter(|whole| *whole >= least).ok_or_else(|| {
                    let given = quote!(#expr).to_string().replace(' ', "");
                    let accepted = format!("accepted: a whole number from {least} to {}", i64::MAX);
                    let message =
                        format!("parameter `{ident}` is of type `{name}`; {given} is not ({accepted})");
                    Error::new(expr.span(), message)
                })
            };
            let (default, min, max) = bounds(ident, &default, args.min.as_ref(), args.max.as_ref(), read)?;
            Domain::Int { default, min, max }
        }
        "f64" => {
            let (default, min, max) = bounds(ident, &default, args.min.as_ref(), args.max.as_ref(), number)?;
            Domain::Real { default, min, max }
        }
        "bool" => match &default {
            Expr::Lit(literal)
                if matches!(literal.lit, syn::Lit::Bool(_)) && args.min.is_none() && args.max.is_none() =>
            {
                let syn::Lit::Bool(flag) = &literal.lit else { unreachable!("matched above") };
                Domain::Flag { default: flag.value }
            }
            _ => {
                return Err(Error::new(
                    default.span(),
                    "a `bool` takes `default = true` or `default = false` alone",
                ));
            }
        },
        _ => {
            let message = format!(
                "parameter `{ident}` has an unsupported type; use `usize`, `i64`, `f64`, `bool`, or an enum under `#[choices]` \
                 with `#[param(choice, default = ...)]`"
            );
            return Err(Error::new(ty.span(), message));
        }
    };
    Ok((default, domain))
}

fn number(expr: &Expr) -> Result<f64> {
    parse::number(expr).ok_or_else(|| Error::new(expr.span(), "expected a finite number"))
}

/// Default, minimum and maximum, when the default lies between the two.
fn bounds<T: Copy + PartialOrd + Display>(
    ident: &Ident,
    default: &Expr,
    min: Option<&Expr>,
    max: Option<&Expr>,
    read: impl Fn(&Expr) -> Result<T>,
) -> Result<(T, T, T)> {
    let (Some(min), Some(max)) = (min, max) else {
        return Err(Error::new(ident.span(), format!("parameter `{ident}` needs `min` and `max`")));
    };
    let (value, low, high) = (read(default)?, read(min)?, read(max)?);
    if low > high {
        return Err(Error::new(
            min.span(),
            format!("`min` {low} of parameter `{ident}` is above its `max` {high}"),
        ));
    }
    if !(low..=high).contains(&value) {
        let message = format!("default {value} of parameter `{ident}` is outside its domain {low} to {high}");
        return Err(Error::new(default.span(), message));
    }
    Ok((value, low, high))
}

/// Inputs and parameters share the keywords of a call; outputs have names of their own.
fn check_names(checked: &Checked, faults: &mut Faults) {
    let keywords =
        checked.inputs.iter().map(|input| &input.name).chain(checked.params.iter().map(|param| &param.ident));
    let outputs = checked.outputs.iter().map(|output| &output.name);
    unique(keywords, "input or parameter", faults);
    unique(outputs, "output", faults);
    let fields = checked.inputs.iter().filter_map(|input| input.field.as_ref());
    for name in checked
        .inputs
        .iter()
        .map(|input| &input.name)
        .chain(checked.outputs.iter().map(|output| &output.name))
        .chain(fields)
    {
        if name.to_string().chars().any(char::is_uppercase) {
            faults.add(name.span(), format!("`{name}` must be lower case"));
        }
    }
}

fn unique<'a>(names: impl Iterator<Item = &'a Ident>, what: &str, faults: &mut Faults) {
    let mut seen: Vec<&Ident> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            faults.add(name.span(), format!("{what} `{name}` is named twice"));
        }
        seen.push(name);
    }
}
