//! A declaration into code, one function per thing emitted.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DeriveInput, Error};

use crate::check::{Checked, Domain, Param, Parity};
use crate::parse;

/// The struct, its `Default`, its public static, its registration.
pub(crate) fn expand(kernel: &Checked, item: DeriveInput) -> TokenStream {
    let vis = item.vis.clone();
    let (definition, default) = (structure(item), default(kernel));
    let (namespace, declared) = (namespace(kernel), declared(kernel));
    let (name, def) = (static_name(kernel), def(kernel));
    let doc = format!("The declaration of the kernel `{}`.", kernel.id.value());
    quote! {
        #definition
        #default
        #namespace
        #declared
        #[doc = #doc]
        #vis static #name: ::ta_kernel_api::KernelDef = #def;
        ::ta_kernel_api::__private::inventory::submit! { ::ta_kernel_api::__private::Announced(&#name) }
    }
}

/// The struct and the compile errors. An `impl` of `Kernel` beside it stays without a complaint of its own.
pub(crate) fn with_error(error: &Error, item: DeriveInput) -> TokenStream {
    let ident = item.ident.clone();
    let declared = item.generics.params.is_empty().then(|| {
        quote! {
            impl ::ta_kernel_api::kernel::Declared for #ident {
                const DEF: &'static ::ta_kernel_api::KernelDef = ::core::unreachable!();
                fn to_params(&self) -> ::ta_kernel_api::Params {
                    ::core::unreachable!()
                }
                fn from_params(_: &::ta_kernel_api::Params) -> Self {
                    ::core::unreachable!()
                }
            }
        }
    });
    let (definition, error) = (structure(item), error.to_compile_error());
    quote! { #definition #declared #error }
}

/// The struct without our attributes, printable, cloneable and comparable.
fn structure(mut item: DeriveInput) -> TokenStream {
    if let Data::Struct(data) = &mut item.data {
        for field in &mut data.fields {
            field.attrs.retain(|attr| !attr.path().is_ident("param"));
        }
    }
    quote! { #[derive(Debug, Clone, PartialEq)] #item }
}

/// `TrueRange` has the static `TRUE_RANGE`.
fn static_name(kernel: &Checked) -> Ident {
    format_ident!(
        "{}",
        parse::snake_case(&kernel.ident.to_string()).to_uppercase(),
        span = kernel.ident.span()
    )
}

fn default(kernel: &Checked) -> TokenStream {
    let ident = &kernel.ident;
    let fields = kernel.params.iter().map(|Param { ident, default, domain, .. }| {
        // `default = 2` is allowed for a real.
        if let Domain::Real { default, .. } = domain {
            quote!(#ident: #default)
        } else {
            quote!(#ident: #default)
        }
    });
    quote! {
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self { #(#fields),* }
            }
        }
    }
}

/// A constant that does not evaluate when the id or an alias is not in the crate's namespace. The inner glob is found first.
fn namespace(kernel: &Checked) -> TokenStream {
    let calls = std::iter::once(&kernel.id)
        .chain(&kernel.aliases)
        .map(|id| quote_spanned!(id.span()=> ::ta_kernel_api::__private::in_namespace(#id, __TA_NAMESPACE);));
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use ::ta_kernel_api::__private::undeclared::*;
            {
                #[allow(unused_imports)]
                use crate::*;
                #(#calls)*
            }
        };
    }
}

fn declared(kernel: &Checked) -> TokenStream {
    let (ident, name) = (&kernel.ident, static_name(kernel));
    let fields: Vec<_> = kernel.params.iter().map(|param| &param.ident).collect();
    let at = (0..fields.len()).map(Literal::usize_unsuffixed);
    let params = if fields.is_empty() { quote!(_) } else { quote!(params) };
    quote! {
        impl ::ta_kernel_api::kernel::Declared for #ident {
            const DEF: &'static ::ta_kernel_api::KernelDef = &#name;
            fn to_params(&self) -> ::ta_kernel_api::Params {
                ::ta_kernel_api::Params::unchecked(::std::vec![
                    #(::ta_kernel_api::__private::ParamField::to_value(&self.#fields)),*
                ])
            }
            fn from_params(#params: &::ta_kernel_api::Params) -> Self {
                Self { #(#fields: ::ta_kernel_api::__private::ParamField::from_value(&params.values()[#at])),* }
            }
        }
    }
}

/// The value of the static: the node types live inside its block, where nobody else sees them.
fn def(kernel: &Checked) -> TokenStream {
    let f64 = node(kernel, kernel.f64, &quote!(f64), "f64", "F64Node");
    let decimal = node(kernel, kernel.decimal, &quote!(::ta_kernel_api::Decimal), "decimal", "DecimalNode");
    let (f64_node, f64_binding) = f64;
    let (decimal_node, decimal_binding) = decimal;
    let (spec, ident) = (spec(kernel), &kernel.ident);
    let rule = kernel.rule.as_ref().map_or(quote!(::core::option::Option::None), |rule| {
        quote!(::core::option::Option::Some(::ta_kernel_api::__private::Rule(&|params| {
            #rule(&<#ident as ::ta_kernel_api::kernel::Declared>::from_params(params))
        })))
    });
    quote! {{
        #[allow(unused_imports)]
        use ::ta_kernel_api::__private::{serde, typetag};
        #f64_node
        #decimal_node
        ::ta_kernel_api::KernelDef { spec: #spec, f64: #f64_binding, decimal: #decimal_binding, check: #rule }
    }}
}

/// The node type of one scalar, and what can be made of it.
fn node(
    kernel: &Checked,
    wanted: bool,
    scalar: &TokenStream,
    suffix: &str,
    object: &str,
) -> (TokenStream, TokenStream) {
    if !wanted {
        return (TokenStream::new(), quote!(::core::option::Option::None));
    }
    let (ident, object) = (&kernel.ident, format_ident!("{object}"));
    let name = format_ident!("{}{object}", kernel.ident);
    let bound = format_ident!("{name}Bound");
    let kept = format_ident!("PROMISE_KEPT_{}", suffix.to_uppercase());
    let saved = format!("{}@{suffix}", kernel.id.value());
    let (inputs, outputs) = (kernel.inputs.len(), kernel.outputs.len());
    let here = Ident::new(&ident.to_string(), kernel.promise);
    // Where the impl does not keep what the attribute promises, this is the one complaint, and it points at the promise;
    // the rest then compiles with a stand-in.
    let promise = quote_spanned! {kernel.promise=>
        const _: () = ::ta_kernel_api::kernel::promise::keep::<#here, #scalar, #inputs, #outputs>();
    };
    let node = quote! {
        #promise
        const #kept: bool = {
            use ::ta_kernel_api::kernel::promise::Broken as _;
            struct __TaPromise<K>(::core::marker::PhantomData<K>);
            // Found before the `KEPT` of `Broken`, which every type has, where the bound holds.
            impl<K: ::ta_kernel_api::Kernel<#scalar, #inputs, #outputs>> __TaPromise<K> {
                const KEPT: bool = true;
            }
            __TaPromise::<#ident>::KEPT
        };
        type #bound = ::ta_kernel_api::node::Bound<
            <::ta_kernel_api::kernel::promise::Is<#kept> as ::ta_kernel_api::kernel::promise::Or<#ident>>::Kernel,
            #scalar,
            #inputs,
            #outputs,
        >;
        struct #name(#bound);

        impl ::core::clone::Clone for #name {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        }
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl serde::Serialize for #name {
            fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> ::core::result::Result<Z::Ok, Z::Error> {
                self.0.save(serializer)
            }
        }
        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                #bound::load(deserializer).map(Self)
            }
        }
        impl ::ta_kernel_api::Node<#scalar> for #name {
            fn def(&self) -> &'static ::ta_kernel_api::KernelDef {
                <#ident as ::ta_kernel_api::kernel::Declared>::DEF
            }
            fn params(&self) -> ::ta_kernel_api::Params {
                self.0.params()
            }
            fn lookback(&self) -> ::std::vec::Vec<usize> {
                self.0.lookback()
            }
            fn stabilisation(&self) -> usize {
                self.0.stabilisation()
            }
            fn batch_is_derived(&self) -> bool {
                self.0.batch_is_derived()
            }
            fn step(&mut self, inputs: &[#scalar], outputs: &mut [#scalar]) {
                self.0.step(inputs, outputs);
            }
            fn step_in(&mut self, row: &mut [#scalar], inputs: &[usize], first: usize) -> bool {
                self.0.step_in(row, inputs, first)
            }
            fn peek(&self, inputs: &[#scalar], outputs: &mut [#scalar]) {
                self.0.peek(inputs, outputs);
            }
            fn peek_in(&self, row: &mut [#scalar], inputs: &[usize], first: usize) -> bool {
                self.0.peek_in(row, inputs, first)
            }
            fn advance(&mut self, inputs: &[&[#scalar]], outputs: &mut [&mut [#scalar]]) {
                self.0.advance(inputs, outputs);
            }
            fn batch(&self, inputs: &[&[#scalar]], outputs: &mut [&mut [#scalar]]) {
                self.0.batch(inputs, outputs);
            }
            fn reset(&mut self) {
                self.0.reset();
            }
            fn boxed_clone(&self) -> ::std::boxed::Box<dyn ::ta_kernel_api::node::#object> {
                ::std::boxed::Box::new(::core::clone::Clone::clone(self))
            }
        }

        #[typetag::serde(name = #saved)]
        impl ::ta_kernel_api::node::#object for #name {}
    };
    let binding = quote!(::core::option::Option::Some(::ta_kernel_api::__private::Binding {
        bind: &|params| ::std::boxed::Box::new(#name(#bound::new(params))),
        timing: &#bound::timing,
    }));
    (node, binding)
}

fn spec(kernel: &Checked) -> TokenStream {
    let Checked { id, aliases, family, since, doc, levels, state_version, .. } = kernel;
    let params = kernel.params.iter().map(param);
    let inputs = kernel.inputs.iter().map(|input| {
        let name = parse::quoted(&input.name);
        let field = option(input.field.as_ref().map(|field| {
            let field = parse::quoted(field);
            quote!(#field)
        }));
        quote!(::ta_kernel_api::spec::InputSpec { name: #name, field: #field })
    });
    let outputs = kernel.outputs.iter().map(|output| {
        let (name, doc, histogram) = (parse::quoted(&output.name), &output.doc, output.histogram);
        let kind = if output.bool { quote!(::ta_kernel_api::spec::OutputKind::Bool) } else { quote!(::ta_kernel_api::spec::OutputKind::Number) };
        quote!(::ta_kernel_api::spec::OutputSpec { name: #name, doc: #doc, kind: #kind, histogram: #histogram })
    });
    let f64 = kernel.f64.then(|| quote!(::ta_kernel_api::ScalarKind::F64,));
    let decimal = kernel.decimal.then(|| quote!(::ta_kernel_api::ScalarKind::Decimal,));
    let parity = match &kernel.parity {
        Parity::Exact => quote!(::ta_kernel_api::spec::Parity::Exact),
        Parity::Ulps(ulps, reason) => {
            quote!(::ta_kernel_api::spec::Parity::Ulps { ulps: #ulps, reason: #reason })
        }
        Parity::Relative(tolerance, reason) => {
            quote!(::ta_kernel_api::spec::Parity::Relative { tolerance: #tolerance, reason: #reason })
        }
    };
    let missing = if kernel.pass_missing { quote!(Pass) } else { quote!(Policy) };
    let warmup = if kernel.warmup_from_data { quote!(Data) } else { quote!(Exact) };
    let place = if kernel.overlay { quote!(Overlay) } else { quote!(Pane) };
    quote! {
        ::ta_kernel_api::KernelSpec {
            id: #id,
            aliases: &[#(#aliases),*],
            family: #family,
            since: #since,
            doc: #doc,
            params: &[#(#params),*],
            inputs: &[#(#inputs),*],
            outputs: &[#(#outputs),*],
            scalars: &[#f64 #decimal],
            parity: #parity,
            missing: ::ta_kernel_api::spec::MissingInputs::#missing,
            warmup: ::ta_kernel_api::spec::Warmup::#warmup,
            plot: ::ta_kernel_api::spec::Plot { place: ::ta_kernel_api::spec::Place::#place, levels: &[#(#levels),*] },
            state_version: #state_version,
            krate: ::core::env!("CARGO_PKG_NAME"),
            krate_version: ::core::env!("CARGO_PKG_VERSION"),
            file: ::core::file!(),
            line: ::core::line!(),
        }
    }
}

fn param(param: &Param) -> TokenStream {
    let (name, doc, ty) = (parse::quoted(&param.ident), &param.doc, &param.ty);
    let domain = match &param.domain {
        Domain::Int { default, min, max } => {
            let max = quote!(::ta_kernel_api::__private::at_most::<#ty>(#max));
            quote!(::ta_kernel_api::spec::Domain::Int { default: #default, min: #min, max: #max })
        }
        Domain::Real { default, min, max } => {
            quote!(::ta_kernel_api::spec::Domain::Real { default: #default, min: #min, max: #max })
        }
        Domain::Flag { default } => quote!(::ta_kernel_api::spec::Domain::Flag { default: #default }),
        Domain::Choice => {
            let default = &param.default;
            let name = quote!({ const __TA_DEFAULT: #ty = #default; __TA_DEFAULT.__ta_name() });
            quote!(::ta_kernel_api::spec::Domain::Choice { default: #name, names: <#ty as ::ta_kernel_api::params::Choices>::NAMES })
        }
    };
    quote!(::ta_kernel_api::spec::ParamSpec { name: #name, doc: #doc, domain: #domain })
}

fn option(tokens: Option<TokenStream>) -> TokenStream {
    tokens
        .map_or(quote!(::core::option::Option::None), |tokens| quote!(::core::option::Option::Some(#tokens)))
}
