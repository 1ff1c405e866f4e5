//! A point that closes, as everyone outside of our system takes it.

use super::bureau::CartonSent;
use super::play::World;

impl World {
    /// A point was handed on: who waits there waits at the other one, and these cartons go there now.
    pub fn hand_on(&mut self, from: &str, to: &str, cartons: Vec<CartonSent>) {
        self.people.wait_elsewhere(from, to);
        for carton in cartons {
            self.received.remove(&carton.tracking);
            self.bureau.sent.push(carton);
        }
        self.handed_on.values_mut().filter(|point| *point == from).for_each(|point| *point = to.into());
        self.handed_on.insert(from.into(), to.into());
        self.close(from, to);
    }

    /// Nobody applies for a point any more: those who live there go to the other one.
    pub fn close(&mut self, point: &str, nearest: &str) {
        let mut places = self.plan.people.places().to_vec();
        for place in &mut places {
            let Some(next) = place.homes.iter().find(|home| home.code == nearest).cloned() else { continue };
            place.homes.iter_mut().filter(|home| home.code == point).for_each(|home| *home = next.clone());
        }
        self.live_in(places);
    }
}
