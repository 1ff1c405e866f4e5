-- Cards that were collected and are not activated: few among all in their holders' hands.
CREATE INDEX application_inactive ON application (due_on) WHERE place = 'in_hand' AND (social = 'sealed' OR financial = 'sealed');
