//! A window split into its lower and its upper half, both as heaps of slots.

use std::cmp::Ordering;

use super::Middle;
use crate::scalar::Scalar;

/// The lower half as a heap with its largest value on top, the upper half as one with its smallest. An odd window has one more
/// value in the lower half.
#[derive(Debug, Clone)]
pub(super) struct Halves {
    lower: Heap,
    upper: Heap,
    /// Where each slot is: its half, and its index in that heap.
    places: Vec<(Half, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Half {
    Lower,
    Upper,
}

#[derive(Debug, Clone)]
struct Heap {
    half: Half,
    slots: Vec<u32>,
}

impl Halves {
    /// The halves of a full window.
    pub(super) fn new<S: Scalar>(values: &[S]) -> Self {
        let mut slots: Vec<u32> = (0..values.len() as u32).collect();
        slots.sort_by(|&a, &b| order(values[a as usize], values[b as usize]));
        // A sorted list is a heap.
        let upper = slots.split_off(values.len().div_ceil(2));
        slots.reverse();
        let mut places = vec![(Half::Lower, 0); values.len()];
        for (half, slots) in [(Half::Lower, &slots), (Half::Upper, &upper)] {
            for (at, &slot) in slots.iter().enumerate() {
                places[slot as usize] = (half, at as u32);
            }
        }
        let lower = Heap { half: Half::Lower, slots };
        Self { lower, upper: Heap { half: Half::Upper, slots: upper }, places }
    }

    /// The value in `slot` has been replaced by another.
    pub(super) fn replaced<S: Scalar>(&mut self, values: &[S], slot: usize) {
        let (half, at) = self.places[slot];
        let heap = if half == Half::Lower { &mut self.lower } else { &mut self.upper };
        heap.settle(values, &mut self.places, at as usize);
        let (Some(&low), Some(&high)) = (self.lower.slots.first(), self.upper.slots.first()) else { return };
        if values[low as usize] > values[high as usize] {
            self.lower.put(&mut self.places, 0, high);
            self.upper.put(&mut self.places, 0, low);
            self.lower.settle(values, &mut self.places, 0);
            self.upper.settle(values, &mut self.places, 0);
        }
    }

    pub(super) fn middle<S: Scalar>(&self, values: &[S]) -> Middle<S> {
        let lower = values[self.lower.slots[0] as usize];
        let upper = if values.len().is_multiple_of(2) { values[self.upper.slots[0] as usize] } else { lower };
        Middle { lower, upper }
    }
}

impl Heap {
    fn put(&mut self, places: &mut [(Half, u32)], at: usize, slot: u32) {
        self.slots[at] = slot;
        places[slot as usize] = (self.half, at as u32);
    }

    /// Whether slot `a` belongs nearer to the top than slot `b`.
    fn above<S: Scalar>(&self, values: &[S], a: u32, b: u32) -> bool {
        let (a, b) = (values[a as usize], values[b as usize]);
        if self.half == Half::Lower { a > b } else { a < b }
    }

    /// Moves what is at `at` up or down to where it belongs.
    fn settle<S: Scalar>(&mut self, values: &[S], places: &mut [(Half, u32)], mut at: usize) {
        let slot = self.slots[at];
        while at > 0 && self.above(values, slot, self.slots[(at - 1) / 2]) {
            self.put(places, at, self.slots[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
        while let Some(&left) = self.slots.get(2 * at + 1) {
            let right = self.slots.get(2 * at + 2).filter(|&&right| self.above(values, right, left));
            let (child, below) = right.map_or((left, 2 * at + 1), |&right| (right, 2 * at + 2));
            if !self.above(values, child, slot) {
                break;
            }
            self.put(places, at, child);
            at = below;
        }
        self.put(places, at, slot);
    }
}

/// By value. Missing values, which no kernel is handed, come last, so that the order is total.
pub(super) fn order<S: Scalar>(a: S, b: S) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_missing().cmp(&b.is_missing()))
}
