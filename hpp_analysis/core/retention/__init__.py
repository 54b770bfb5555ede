"""How many factors? Criteria on correlation matrices; `panel` applies all of them, `draws` makes data without factors."""
