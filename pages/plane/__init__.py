"""The Plane page: trainings on points, all of which is seen."""
