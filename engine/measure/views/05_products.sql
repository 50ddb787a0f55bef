-- Which category an article is of: what most lines and events that name both say.
-- grain: one row per article
-- formula: the category named most often with the article, by the last letter of the alphabet where several are
-- owner: merchandising
-- column: item | the article's name, as orders and events give it
-- column: category | its category
CREATE VIEW products AS
SELECT item, arg_max(category, (named, category)) AS category
FROM articles GROUP BY item;
