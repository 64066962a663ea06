-- Not compressed: a reader bounds a page by its rows' sizes, and those are told without reading the rows.
ALTER TABLE "log_entry" ALTER COLUMN "body" SET STORAGE EXTERNAL;
