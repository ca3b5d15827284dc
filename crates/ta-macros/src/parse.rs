//! Tokens into what was written. Nothing is judged here beyond form.

use std::ops::Neg;

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute as RustAttribute, Error, Expr, Ident, Lit, LitInt, LitStr, Path, Result, Token, parenthesized,
    token,
};

/// The arguments of `#[kernel(...)]`, each as a name and its value.
pub(crate) struct Attribute {
    pub(crate) args: Vec<Arg>,
}

pub(crate) struct Arg {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    /// `id = "x"`, `family = "x"`, `since = "x"`
    Text(LitStr),
    /// `aliases("x", "y")`
    Texts(Vec<LitStr>),
    /// `inputs(a, source = close)`
    Inputs(Span, Vec<Input>),
    /// `outputs(a, b: bool, #[histogram] c)`
    Outputs(Span, Vec<Output>),
    /// `scalars(f64, decimal)`
    Words(Vec<Ident>),
    /// `missing = pass`, `warmup = data`
    Word(Ident),
    /// `plot(overlay)`, `plot(pane, levels(30, 70))`
    Plot(Ident, Vec<Expr>),
    /// `parity = exact`, `parity = ulps(4, "why")`, `parity = relative(1e-12, "why")`
    Parity(Ident, Option<(Expr, LitStr)>),
    /// `check = path`
    Path(Path),
    /// `state = 2`
    Number(LitInt),
}

/// `source = close` or `a`
pub(crate) struct Input {
    pub(crate) name: Ident,
    pub(crate) field: Option<Ident>,
}

/// `/// doc` `#[histogram] name: bool`
pub(crate) struct Output {
    pub(crate) attrs: Vec<RustAttribute>,
    pub(crate) name: Ident,
    pub(crate) kind: Option<Ident>,
}

/// What `#[kernel]` takes, in the order of its documentation.
pub(crate) const ARGS: &str = "`id`, `family`, `since`, `inputs`, `outputs`, `aliases`, `scalars`, `plot`, `parity`, `missing`, \
                               `warmup`, `check`, `state`";

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let args = Punctuated::<Arg, Token![,]>::parse_terminated(input)?;
        Ok(Self { args: args.into_iter().collect() })
    }
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        let value = match name.to_string().as_str() {
            "id" | "family" | "since" => Value::Text(after_equals(&name, input, "\"...\"")?),
            "aliases" => Value::Texts(listed::<LitStr>(&name, input)?.1),
            "inputs" => listed::<Input>(&name, input).map(|(span, list)| Value::Inputs(span, list))?,
            "outputs" => listed::<Output>(&name, input).map(|(span, list)| Value::Outputs(span, list))?,
            "scalars" => Value::Words(listed::<Ident>(&name, input)?.1),
            "missing" => Value::Word(after_equals(&name, input, "pass")?),
            "warmup" => Value::Word(after_equals(&name, input, "data")?),
            "check" => Value::Path(after_equals(&name, input, "path")?),
            "state" => Value::Number(after_equals(&name, input, "2")?),
            "plot" => parse_plot(&name, input)?,
            "parity" => parse_parity(&name, input)?,
            other => {
                let message = format!("unknown argument `{other}`; `#[kernel]` takes {ARGS}");
                return Err(Error::new(name.span(), message));
            }
        };
        Ok(Self { name, value })
    }
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        let field = input.parse::<Option<Token![=]>>()?.map(|_| input.parse()).transpose()?;
        Ok(Self { name, field })
    }
}

impl Parse for Output {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(RustAttribute::parse_outer)?;
        let name = input.parse()?;
        let kind = input.parse::<Option<Token![:]>>()?.map(|_| input.parse()).transpose()?;
        Ok(Self { attrs, name, kind })
    }
}

/// `name = value`
fn after_equals<T: Parse>(name: &Ident, input: ParseStream<'_>, example: &str) -> Result<T> {
    let form = |_| Error::new(name.span(), format!("write `{name} = {example}`"));
    input.parse::<Token![=]>().map_err(form)?;
    input.parse::<T>().map_err(form)
}

/// `name(a, b, c)`, with the span of the parenthesis
fn listed<T: Parse>(name: &Ident, input: ParseStream<'_>) -> Result<(Span, Vec<T>)> {
    if !input.peek(token::Paren) {
        return Err(Error::new(name.span(), format!("write `{name}(...)`")));
    }
    let content;
    let paren = parenthesized!(content in input);
    let list = Punctuated::<T, Token![,]>::parse_terminated(&content)?;
    Ok((paren.span.join(), list.into_iter().collect()))
}

/// `plot(overlay)` or `plot(pane, levels(30, 70))`
fn parse_plot(name: &Ident, input: ParseStream<'_>) -> Result<Value> {
    let form =
        "write `plot(overlay)` or `plot(pane)`, with `levels(30, 70)` after a comma for horizontal lines";
    if !input.peek(token::Paren) {
        return Err(Error::new(name.span(), form));
    }
    let content;
    parenthesized!(content in input);
    let place: Ident = content.parse().map_err(|_| Error::new(name.span(), form))?;
    let mut levels = Vec::new();
    if content.parse::<Option<Token![,]>>()?.is_some() && !content.is_empty() {
        let word: Ident = content.parse()?;
        if word != "levels" {
            return Err(Error::new(word.span(), form));
        }
        levels = listed::<Expr>(&word, &content)?.1;
        content.parse::<Option<Token![,]>>()?;
    }
    if content.is_empty() { Ok(Value::Plot(place, levels)) } else { Err(content.error(form)) }
}

/// `parity = exact`, `parity = ulps(4, "why")` or `parity = relative(1e-12, "why")`
fn parse_parity(name: &Ident, input: ParseStream<'_>) -> Result<Value> {
    let class: Ident = after_equals(name, input, "ulps(4, \"why\")")?;
    if !input.peek(token::Paren) {
        return Ok(Value::Parity(class, None));
    }
    let content;
    parenthesized!(content in input);
    let bound = content.parse()?;
    let reason = || Error::new(class.span(), format!("say why: `{class}(..., \"reason\")`"));
    content.parse::<Token![,]>().map_err(|_| reason())?;
    let why = content.parse::<LitStr>().map_err(|_| reason())?;
    if content.is_empty() {
        Ok(Value::Parity(class, Some((bound, why))))
    } else {
        Err(content.error("expected `)`"))
    }
}

/// The arguments of `#[param(...)]`.
#[derive(Default)]
pub(crate) struct ParamArgs {
    pub(crate) choice: Option<Ident>,
    pub(crate) default: Option<Expr>,
    pub(crate) min: Option<Expr>,
    pub(crate) max: Option<Expr>,
}

impl Parse for ParamArgs {
    /// `default = 20, min = 1, max = 100`, `default = true` or `choice, default = Seed::Mean`
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            if name == "choice" {
                args.choice = Some(name);
            } else {
                let slot = match name.to_string().as_str() {
                    "default" => &mut args.default,
                    "min" => &mut args.min,
                    "max" => &mut args.max,
                    other => {
                        let message = format!(
                            "unknown argument `{other}`; `#[param]` takes `default`, `min`, `max`, `choice`"
                        );
                        return Err(Error::new(name.span(), message));
                    }
                };
                if slot.is_some() {
                    return Err(Error::new(name.span(), format!("`{name}` is given twice")));
                }
                input.parse::<Token![=]>()?;
                *slot = Some(input.parse()?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}

/// The text of `/// ...` comments, one leading space taken off each line.
pub(crate) fn docs(attrs: &[RustAttribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| {
        let Expr::Lit(literal) = &attr.meta.require_name_value().ok()?.value else { return None };
        let Lit::Str(text) = &literal.lit else { return None };
        let text = text.value();
        Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// A finite number as it was written, with an optional minus.
pub(crate) fn number(expr: &Expr) -> Option<f64> {
    let number = signed(expr, |literal| match literal {
        Lit::Int(int) => int.base10_parse::<f64>().ok(),
        Lit::Float(float) => float.base10_parse().ok(),
        _ => None,
    });
    number.filter(|number| number.is_finite())
}

/// A whole number as it was written, with an optional minus, to its last digit.
pub(crate) fn whole(expr: &Expr) -> Option<i64> {
    // The smallest number has no counterpart without the minus.
    let whole = signed(expr, |literal| match literal {
        Lit::Int(int) => int.base10_parse::<i128>().ok(),
        _ => None,
    });
    whole.and_then(|whole| whole.try_into().ok())
}

fn signed<T: Neg<Output = T>>(expr: &Expr, read: fn(&Lit) -> Option<T>) -> Option<T> {
    match expr {
        Expr::Lit(literal) => read(&literal.lit),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => signed(&unary.expr, read).map(T::neg),
        Expr::Group(group) => signed(&group.expr, read),
        _ => None,
    }
}

/// An identifier as a string literal with the identifier's span.
pub(crate) fn quoted(ident: &Ident) -> LitStr {
    LitStr::new(&unraw(ident), ident.span())
}

/// The identifier without a leading `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}

/// `TrueRange` as `true_range`.
pub(crate) fn snake_case(camel: &str) -> String {
    let mut out = String::new();
    for (at, c) in camel.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
