//! Plans out of what stands on the command line.

use std::fs;

use ta_kernel_api::Registry;
use ta_runtime::dataset::SourceSchema;
use ta_runtime::expr::Limits;
use ta_runtime::plan::{Plan, PlanOptions};

use crate::Failure;
use crate::args::{Choices, PlanArgs};

impl Choices {
    pub(crate) fn options(self, schema: &'static SourceSchema) -> PlanOptions {
        PlanOptions { schema, scalar: self.numeric.into(), missing: self.missing, ..PlanOptions::default() }
    }
}

impl PlanArgs {
    /// The plan over rows of a source, or the error with the place in the text below it. Refuses columns that the output has anyway.
    pub(crate) fn plan(
        &self,
        registry: &Registry,
        schema: &'static SourceSchema,
        reserved: &[&str],
    ) -> Result<Plan, Failure> {
        let plan = match &self.file {
            None => Plan::compile(registry, &named(&self.expressions), &self.choices.options(schema))
                .map_err(|error| Failure(with_excerpt(&error)))?,
            Some(file) => {
                let said = |what: String| Failure(format!("{}: {what}", file.display()));
                let json = fs::read(file).map_err(|error| said(error.to_string()))?;
                let plan = Plan::from_json(registry, json, &Limits::default());
                let plan = plan.map_err(|error| said(error.to_string()))?;
                if plan.schema().name != schema.name {
                    let [plan, rows] = [plan.schema().name, schema.name];
                    return Err(said(format!(
                        "the plan is over rows of `{plan}`, the data are rows of `{rows}`"
                    )));
                }
                plan
            }
        };
        match plan.outputs().iter().find(|output| reserved.contains(&output.name())) {
            Some(output) => Err(Failure(format!(
                "column `{}` is one that the output has anyway (give it another name: NAME=EXPR)",
                output.name()
            ))),
            None => Ok(plan),
        }
    }
}

/// The texts, which say the names of their outputs themselves.
pub(crate) fn named(texts: &[String]) -> Vec<(Option<&str>, &str)> {
    texts.iter().map(|text| (None, text.as_str())).collect()
}

/// The message, and below it the text with the place underlined.
pub(crate) fn with_excerpt(error: &ta_runtime::Error) -> String {
    let mut message = error.to_string();
    for line in error.excerpt().iter().flat_map(|excerpt| excerpt.lines()) {
        message.push_str("\n  | ");
        message.push_str(line);
    }
    message
}
