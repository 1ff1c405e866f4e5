//! Rules about papers: identity papers, supporting documents, photo, consent.

pub mod agent_paper;
pub mod consent;
pub mod documents;
pub mod paper;
pub mod photo;
