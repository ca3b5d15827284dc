//! `#[choices]`: a fieldless enum as a parameter.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::parse;

pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    let form = "`#[choices]` goes on an enum whose variants have no fields";
    let Data::Enum(data) = &item.data else {
        return Err(Error::new(item.ident.span(), form));
    };
    if data.variants.is_empty() {
        return Err(Error::new(item.ident.span(), "an enum under `#[choices]` has at least one variant"));
    }
    if let Some(variant) = data.variants.iter().find(|variant| !matches!(variant.fields, Fields::Unit)) {
        return Err(Error::new(variant.ident.span(), form));
    }
    let ident = &item.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<_> = variants.iter().map(|variant| parse::snake_case(&variant.to_string())).collect();
    let first = variants[0];
    Ok(quote! {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #item

        impl #ident {
            // What a trait cannot have: a name that is known when a declaration is compiled.
            #[doc(hidden)]
            pub const fn __ta_name(self) -> &'static str {
                match self {
                    #(Self::#variants => #names),*
                }
            }
        }

        impl ::ta_kernel_api::params::Choices for #ident {
            const NAMES: &'static [&'static str] = &[#(#names),*];
            fn name(self) -> &'static str {
                self.__ta_name()
            }
        }

        impl ::ta_kernel_api::__private::ParamField for #ident {
            fn to_value(&self) -> ::ta_kernel_api::ParamValue {
                ::ta_kernel_api::params::Choices::name(*self).into()
            }
            fn from_value(value: &::ta_kernel_api::ParamValue) -> Self {
                match value {
                    #(::ta_kernel_api::ParamValue::Choice(word) if word == #names => Self::#variants,)*
                    // Values are checked against the names before they come here.
                    _ => Self::#first,
                }
            }
        }
    })
}
