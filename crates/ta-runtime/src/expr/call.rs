//! The arguments of a call: which input or parameter each one is for.
//!
//! By position, series fill the inputs in declared order and constants the parameters; a constant also fills an input that
//! has no default as long as one is open. By name, each argument says itself what it is for. Inputs left out read their
//! default field, parameters left out take their default value.

use ta_kernel_api::spec::{Domain, KernelSpec, ParamSpec};
use ta_kernel_api::{KernelDef, ParamValue, Params, near_names};

use super::ast::{Argument, Ast, AstId};
use super::chain::METHODS;
use super::check::{Checker, Value};
use super::number;
use super::script::{ExprOp, NodeId};
use super::span::Span;
use super::words::listed;
use crate::catalog::signature;
use crate::error::{Error, Kind};

/// The arguments of one call found so far.
struct Bound {
    spec: &'static KernelSpec,
    inputs: Vec<Option<(NodeId, Span)>>,
    params: Vec<Option<(ParamValue, Span)>>,
}

/// What an argument is for: an input or a parameter, by its position in the declaration.
#[derive(Debug, Clone, Copy)]
enum Target {
    Input(usize),
    Param(usize),
}

impl<'t> Checker<'_, 't> {
    /// Checks a call whose arguments have been checked.
    pub(super) fn call(
        &mut self,
        ast: &Ast<'t>,
        (name, name_span): (&str, Span),
        arguments: &[Argument<'t>],
        span: Span,
    ) -> Result<NodeId, Error> {
        let def = self.scope.registry.get(name).map_err(|err| {
            let no_kernel = |what: &str| {
                Error::new(Kind::UnknownName, format!("`{name}` is {what}, not a kernel")).at(name_span)
            };
            if self.scope.is_field(&self.place, name) {
                return no_kernel("a field").with_help("write it without brackets");
            }
            if self.bindings.contains_key(name) {
                return no_kernel("a binding").with_help("write it without brackets");
            }
            if METHODS.contains(&name) {
                return no_kernel("a method").with_help(format!("it follows a value: `x.{name}(...)`"));
            }
            if name == "let" {
                return no_kernel("a word of the language")
                    .with_help("a value is named by `let fast = close`");
            }
            Error::new(Kind::UnknownName, err.to_string()).at(name_span)
        })?;
        let spec = &def.spec;
        let mut bound =
            Bound { spec, inputs: vec![None; spec.inputs.len()], params: vec![None; spec.params.len()] };
        let mut named = false;
        for argument in arguments {
            let at = ast.nodes[argument.value].span;
            let target = match argument.keyword {
                Some((keyword, keyword_span)) => {
                    named = true;
                    bound.named(keyword).map_err(|err| err.at(keyword_span))?
                }
                None if named => {
                    let message = "argument without a name follows one with a name";
                    return Err(bound.refused(message).at(at));
                }
                None => self.position(&bound, argument.value).map_err(|err| err.at(at))?,
            };
            match target {
                Target::Input(index) => bound.inputs[index] = Some((self.series(ast, argument.value)?, at)),
                Target::Param(index) => {
                    let value =
                        self.param(spec, &spec.params[index], argument.value).map_err(|err| err.at(at))?;
                    bound.params[index] = Some((value, at));
                }
            }
        }
        let mut inputs = Vec::with_capacity(spec.inputs.len());
        let spans: Vec<Span> = bound.inputs.iter().map(|given| given.map_or(span, |(_, at)| at)).collect();
        for (input, given) in spec.inputs.iter().zip(&bound.inputs) {
            inputs.push(match (*given, input.field) {
                (Some((id, _)), _) => id,
                (None, Some(field)) if self.scope.is_field(&self.place, field) => {
                    self.field(self.place.clone(), field, span)?
                }
                (None, Some(field)) => {
                    let source = self.scope.schema_at(&self.place).name;
                    let message =
                        format!("`{}` reads field `{field}`, which `{source}` does not have", spec.id);
                    let error = Error::new(Kind::UnknownName, message).at(span);
                    return Err(error.with_help(format!("name another series, `{}=...`", input.name)));
                }
                (None, None) => {
                    return Err(bound
                        .refused(format!("`{}` needs input `{}`", spec.id, input.name))
                        .at(span));
                }
            });
        }
        let params = bound.checked_params(def, span)?;
        self.add(ExprOp::Call { def, params, inputs }, &spans, span)
    }

    /// What an argument without a name is for.
    fn position(&self, bound: &Bound, argument: AstId) -> Result<Target, Error> {
        let spec = bound.spec;
        let param = bound.params.iter().position(Option::is_none);
        let open_input = bound.inputs.iter().position(Option::is_none);
        let input = if bound.params.iter().any(Option::is_some) { None } else { open_input };
        let series = match self.value(argument) {
            Value::Word(word) => {
                self.scope.is_field(&self.place, word)
                    || (input.is_some() && !param.is_some_and(|index| takes(&spec.params[index], word)))
            }
            Value::Text(_) => false,
            Value::Node(id, _) => !self.graph.is_constant(id),
            Value::Filter(_) | Value::Open => true,
        };
        let target = if series {
            match (input, open_input) {
                (Some(input), _) => Some(Target::Input(input)),
                (None, Some(_)) => return Err(bound.refused("a series follows the first parameter")),
                (None, None) => param.map(Target::Param),
            }
        } else {
            let number = matches!(self.value(argument), Value::Node(..));
            let required =
                |&index: &usize| bound.inputs[index].is_none() && spec.inputs[index].field.is_none();
            let required =
                input.filter(|_| number).and_then(|first| (first..spec.inputs.len()).find(required));
            required.map(Target::Input).or(param.map(Target::Param))
        };
        target.ok_or_else(|| bound.refused(format!("`{}` takes no more arguments by position", spec.id)))
    }

    /// The value of a parameter as it was written.
    fn param(&self, spec: &KernelSpec, param: &ParamSpec, argument: AstId) -> Result<ParamValue, Error> {
        let value = match (self.written(argument), self.value(argument)) {
            (Value::Text(text), _) => Some(text.into()),
            (Value::Word(word), Value::Word(_)) => {
                matches!(param.domain, Domain::Choice { .. }).then(|| word.into())
            }
            (Value::Word(word), _) if takes(param, word) => Some(word.into()),
            (_, Value::Node(id, _)) => self.graph.constant_text(id).and_then(|text| match text.as_str() {
                "true" => Some(true.into()),
                "false" => Some(false.into()),
                number => number::param_value(number),
            }),
            _ => None,
        };
        value.ok_or_else(|| {
            let what = match self.value(argument) {
                Value::Node(id, _) if self.graph.is_constant(id) => "comes to no number",
                _ => "is not a constant",
            };
            let message = format!("parameter `{}` of `{}` {what}", param.name, spec.id);
            let accepted = format!("accepted: {}", param.domain);
            // `max(open, close)` means the higher of two.
            let meant = self.scope.registry.iter().map(|def| &def.spec).find(|other| {
                let longer = other.id.len() > spec.id.len() && other.id.starts_with(spec.id);
                longer && other.params.is_empty() && other.inputs.len() > spec.inputs.len()
            });
            let meant = meant.filter(|_| what == "is not a constant");
            let meant =
                meant.map(|other| format!("{accepted}; for several series there is `{}`", signature(other)));
            Error::new(Kind::Argument, message).with_help(meant.unwrap_or(accepted))
        })
    }
}

/// Whether this is a word the parameter accepts.
fn takes(param: &ParamSpec, word: &str) -> bool {
    matches!(param.domain, Domain::Choice { names, .. } if names.contains(&word))
}

impl Bound {
    /// What a named argument is for.
    fn named(&self, keyword: &str) -> Result<Target, Error> {
        let spec = self.spec;
        let (target, given) = if let Some(index) = spec.inputs.iter().position(|input| input.name == keyword)
        {
            (Target::Input(index), self.inputs[index].is_some())
        } else if let Some(index) = spec.params.iter().position(|param| param.name == keyword) {
            (Target::Param(index), self.params[index].is_some())
        } else {
            let near = near_names(keyword, self.names());
            let error = Error::new(Kind::UnknownName, format!("`{}` has no argument `{keyword}`", spec.id));
            return Err(match near[..] {
                [] => error.with_help(format!("it is `{}`", signature(spec))),
                _ => error.with_help(format!("close: {}; it is `{}`", listed(near), signature(spec))),
            });
        };
        if given {
            return Err(self.refused(format!("argument `{keyword}` of `{}` is given twice", spec.id)));
        }
        Ok(target)
    }

    /// The parameters, checked where all front ends have them checked.
    fn checked_params(&self, def: &'static KernelDef, span: Span) -> Result<Params, Error> {
        let given = || {
            let named = self.spec.params.iter().zip(&self.params);
            named.filter_map(|(param, given)| {
                given.as_ref().map(|(value, at)| (param.name, value.clone(), *at))
            })
        };
        def.params(given().map(|(name, value, _)| (name, value))).map_err(|err| {
            // The first argument that is refused alone with the same words is the one meant.
            let alone =
                given().find(|(name, value, _)| def.params([(*name, value.clone())]).as_ref() == Err(&err));
            Error::new(Kind::Argument, err.to_string()).at(alone.map_or(span, |(_, _, at)| at))
        })
    }

    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let (inputs, params) = (self.spec.inputs, self.spec.params);
        inputs.iter().map(|input| input.name).chain(params.iter().map(|param| param.name))
    }

    /// An error about the arguments as a whole, saying what they may be.
    fn refused(&self, message: impl Into<String>) -> Error {
        Error::new(Kind::Argument, message).with_help(format!("it is `{}`", signature(self.spec)))
    }
}
