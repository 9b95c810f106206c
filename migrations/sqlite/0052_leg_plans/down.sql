DROP TABLE leg_plans;
