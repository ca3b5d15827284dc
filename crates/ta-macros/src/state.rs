//! `#[state]`: plain data with everything a state is asked for.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, GenericParam, Index, Result, parse_quote};

pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &item.data else {
        return Err(Error::new(item.ident.span(), "`#[state]` goes on a struct"));
    };
    let ident = &item.ident;
    let fields = data.fields.iter().enumerate().map(|(at, field)| {
        let at = Index::from(at);
        field.ident.as_ref().map_or(quote!(#at), |name| quote!(#name))
    });
    // Building blocks over the scalar need the bound where they are named, not only where they are used.
    let mut item = item.clone();
    for param in &mut item.generics.params {
        if let GenericParam::Type(param) = param {
            param.bounds.push(parse_quote!(::ta_kernel_api::Scalar));
        }
    }
    let generics = &item.generics;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[derive(
            Debug,
            Clone,
            PartialEq,
            ::ta_kernel_api::__private::serde::Serialize,
            ::ta_kernel_api::__private::serde::Deserialize,
        )]
        #[serde(crate = "::ta_kernel_api::__private::serde", bound = "")]
        #item

        impl #impl_generics ::ta_kernel_api::State for #ident #ty_generics #where_clause {
            #[allow(unused_variables)]
            fn fits(&self, fresh: &Self) -> bool {
                true #(&& ::ta_kernel_api::State::fits(&self.#fields, &fresh.#fields))*
            }
        }
    })
}
