CREATE TABLE "attempt" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"plan_id" text NOT NULL,
	"chat_id" text NOT NULL,
	"run_id" text NOT NULL,
	"turn_id" text NOT NULL,
	"operator_id" text NOT NULL,
	"profile_id" text NOT NULL,
	"repository" text NOT NULL,
	"branch" text NOT NULL,
	"title" text NOT NULL,
	"link" text NOT NULL,
	"status" text NOT NULL,
	"request_id" text,
	"revision" integer DEFAULT 0 NOT NULL,
	"base" text NOT NULL,
	"base_commit" text,
	"head_commit" text,
	"pending" integer DEFAULT 0 NOT NULL,
	"files" integer DEFAULT 0 NOT NULL,
	"additions" integer DEFAULT 0 NOT NULL,
	"deletions" integer DEFAULT 0 NOT NULL,
	"pushed_commit" text,
	"pull_request" jsonb,
	"compare_url" text,
	"conflicts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"problem" jsonb,
	"started_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempt_diff" (
	"attempt_id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"diff" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "operator" ADD COLUMN "repositories" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_plan_id_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."plan"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_chat_id_chat_id_fk" FOREIGN KEY ("chat_id") REFERENCES "public"."chat"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_operator_id_operator_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operator"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempt_diff" ADD CONSTRAINT "attempt_diff_attempt_id_attempt_id_fk" FOREIGN KEY ("attempt_id") REFERENCES "public"."attempt"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempt_diff" ADD CONSTRAINT "attempt_diff_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attempt_plan" ON "attempt" USING btree ("plan_id","created_at");--> statement-breakpoint
CREATE INDEX "attempt_workspace" ON "attempt" USING btree ("workspace_id");--> statement-breakpoint
CREATE UNIQUE INDEX "attempt_chat" ON "attempt" USING btree ("chat_id");--> statement-breakpoint
CREATE UNIQUE INDEX "attempt_turn" ON "attempt" USING btree ("turn_id");--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON attempt TO signalbox_app;--> statement-breakpoint
ALTER TABLE attempt ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY same_workspace ON attempt TO signalbox_app
  USING (workspace_id = current_setting('signalbox.workspace_id', true))
  WITH CHECK (workspace_id = current_setting('signalbox.workspace_id', true));--> statement-breakpoint
-- Written by the host for an operator alone.
GRANT SELECT ON attempt_diff TO signalbox_app;--> statement-breakpoint
ALTER TABLE attempt_diff ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY same_workspace ON attempt_diff TO signalbox_app
  USING (workspace_id = current_setting('signalbox.workspace_id', true))
  WITH CHECK (workspace_id = current_setting('signalbox.workspace_id', true));
