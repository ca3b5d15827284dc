//! Saved data of any shape, to be damaged.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value as `MessagePack` has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Nil,
    Flag(bool),
    Int(i64),
    Natural(u64),
    Real(f64),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

impl Tree {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        rmp_serde::from_slice(bytes).map_err(|err| err.to_string())
    }

    pub(super) fn write(&self) -> Result<Vec<u8>, String> {
        rmp_serde::to_vec(self).map_err(|err| err.to_string())
    }

    /// The value under a name.
    pub(super) fn get(&mut self, name: &str) -> Option<&mut Tree> {
        let Self::Map(entries) = self else { return None };
        entries
            .iter_mut()
            .find(|(key, _)| matches!(key, Self::Text(text) if text == name))
            .map(|(_, value)| value)
    }

    /// The value under the only name.
    pub(super) fn only(&mut self) -> Option<&mut Tree> {
        match self {
            Self::Map(entries) => entries.first_mut().map(|(_, value)| value),
            _ => None,
        }
    }

    /// How many values there are in this one, itself included; names are not counted.
    pub(super) fn len(&self) -> usize {
        1 + match self {
            Self::List(items) => items.iter().map(Self::len).sum(),
            Self::Map(entries) => entries.iter().map(|(_, value)| value.len()).sum(),
            _ => 0,
        }
    }

    /// The value at a position, counted from this one through all that it holds.
    pub(super) fn at(&mut self, position: usize) -> Option<&mut Tree> {
        if position == 0 {
            return Some(self);
        }
        let mut left = position - 1;
        let children: Vec<&mut Tree> = match self {
            Self::List(items) => items.iter_mut().collect(),
            Self::Map(entries) => entries.iter_mut().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        };
        for child in children {
            let len = child.len();
            if left < len {
                return child.at(left);
            }
            left -= len;
        }
        None
    }

    /// What this value might have become by accident or with intent.
    pub(super) fn damaged(&self) -> Vec<Self> {
        let mut forms = vec![Self::Nil];
        match self {
            Self::Nil => forms.extend([Self::Int(1), Self::List(Vec::new())]),
            Self::Flag(flag) => forms.push(Self::Flag(!flag)),
            Self::Int(_) | Self::Natural(_) => {
                forms.extend([-1, 0, 1, 255, 65_535, 1 << 20].map(Self::Int));
            }
            Self::Real(_) => forms.extend([-1.0, 0.0, 1e300, f64::NAN].map(Self::Real)),
            Self::Text(_) => forms.extend(["", "x", "-1"].map(|text| Self::Text(text.to_owned()))),
            Self::List(items) => {
                let longer = items.iter().chain(items.last()).cloned().collect();
                let shorter = items.iter().skip(1).cloned().collect();
                forms.extend([Self::List(Vec::new()), Self::List(longer), Self::List(shorter)]);
            }
            Self::Map(entries) => forms.push(Self::Map(entries.iter().skip(1).cloned().collect())),
        }
        forms.retain(|form| form != self);
        forms
    }
}

impl Serialize for Tree {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Natural(natural) => serializer.serialize_u64(*natural),
            Self::Real(real) => serializer.serialize_f64(*real),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTree)
    }
}

struct AnyTree;

impl<'de> Visitor<'de> for AnyTree {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("saved data")
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Nil)
    }
    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Nil)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }
    fn visit_i64<E>(self, int: i64) -> Result<Tree, E> {
        Ok(Tree::Int(int))
    }
    fn visit_u64<E>(self, natural: u64) -> Result<Tree, E> {
        Ok(Tree::Natural(natural))
    }
    fn visit_f64<E>(self, real: f64) -> Result<Tree, E> {
        Ok(Tree::Real(real))
    }
    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Tree::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again_and_every_value_can_be_reached() {
        let bytes = rmp_serde::to_vec_named(&(1u8, "a", [Some(-2.5), None], true, -7)).unwrap();
        let mut tree = Tree::read(&bytes).unwrap();
        assert_eq!(tree.write().unwrap(), bytes);
        assert_eq!(tree.len(), 8);
        assert_eq!(tree.at(4).cloned(), Some(Tree::Real(-2.5)));
        assert_eq!(tree.at(7).cloned(), Some(Tree::Int(-7)));
        assert_eq!(tree.at(8), None);
    }
}
