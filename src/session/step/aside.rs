//! Ways that lead aside from any flow: help, faults, closed flows, maintenance. Nobody gets past a question on them.

use super::super::visit::Frame;
use super::{Effect, Engine};
use crate::menu::graph::{Bundle, State, StateId};

impl Engine<'_> {
    /// Where dials lead during maintenance.
    pub(super) fn maintenance(&self) -> Option<StateId> {
        self.scene.bundle.notice.filter(|_| self.scene.closures.maintenance)
    }

    /// Whether who is calling was asked and not yet told.
    pub(super) fn is_unidentified(&self) -> bool {
        matches!(self.visit.stack.first(), Some(Frame::Then(_)))
    }

    /// Whether the visit is at a screen to which callers are led aside from any flow.
    pub(super) fn is_outside(&self) -> bool {
        let Bundle { help, fault, closed, notice, .. } = self.scene.bundle;
        [Some(*help), Some(*fault), *closed, *notice].contains(&Some(self.visit.at))
    }

    /// Forgets everything but that who is calling is still to be told.
    pub(super) fn forget(&mut self) {
        let asked = self.visit.stack.first().copied().filter(|_| self.is_unidentified());
        self.visit.forget();
        self.visit.stack.extend(asked);
    }

    /// Goes to a screen that stands outside every flow, and back from which nothing leads.
    pub(super) fn outside(&mut self, id: StateId) -> Effect {
        self.forget();
        self.left = None;
        self.visit.at = id;
        self.entered.push(id);
        self.display()
    }

    /// Whether an operator has closed the flow of a state.
    pub(super) fn is_closed(&self, state: &State) -> bool {
        let closed = &self.scene.closures.flows;
        !closed.is_empty() && closed.contains(state.flow())
    }

    pub(super) fn closed(&mut self) -> Effect {
        match self.scene.bundle.closed {
            Some(closed) => self.outside(closed),
            None => self.fault(),
        }
    }

    /// Shows the state that the visit is at, unless its flow has been closed meanwhile.
    pub(super) fn display_open(&mut self) -> Effect {
        if self.state().is_some_and(|state| self.is_closed(state)) { self.closed() } else { self.display() }
    }
}
