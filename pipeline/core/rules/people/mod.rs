//! Rules about people: the holder and the agent.

pub mod address;
pub mod agent;
pub mod contact;
pub mod identity;
pub mod name;
pub mod newborn;
pub mod person;
