CREATE TABLE "rate_limit" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"operator_id" text NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"status" integer,
	"turn_id" text NOT NULL,
	"hit_at" timestamp with time zone NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage" (
	"turn_id" text NOT NULL,
	"model" text NOT NULL,
	"workspace_id" text NOT NULL,
	"started_by" text,
	"at" timestamp with time zone NOT NULL,
	"input_tokens" bigint NOT NULL,
	"cached_read_tokens" bigint NOT NULL,
	"cached_write_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"other_tokens" bigint NOT NULL,
	"reported_micros" bigint,
	"reported_currency" text,
	CONSTRAINT "usage_turn_id_model_pk" PRIMARY KEY("turn_id","model")
);
--> statement-breakpoint
ALTER TABLE "turn" ADD COLUMN "usage" jsonb;--> statement-breakpoint
ALTER TABLE "rate_limit" ADD CONSTRAINT "rate_limit_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rate_limit" ADD CONSTRAINT "rate_limit_operator_id_operator_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operator"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage" ADD CONSTRAINT "usage_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "rate_limit_of_operator" ON "rate_limit" USING btree ("operator_id","provider","model");--> statement-breakpoint
CREATE INDEX "rate_limit_workspace" ON "rate_limit" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "usage_workspace" ON "usage" USING btree ("workspace_id","at");
--> statement-breakpoint
-- What was used and what is limited is written by the host alone, with the entries that say so.
GRANT SELECT ON usage, rate_limit TO signalbox_app;
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['usage','rate_limit'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY same_workspace ON %I TO signalbox_app
      USING (workspace_id = current_setting(''signalbox.workspace_id'', true))
      WITH CHECK (workspace_id = current_setting(''signalbox.workspace_id'', true))', t);
  END LOOP;
END $$;
