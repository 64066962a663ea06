CREATE TABLE "agent_profile" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"command" text NOT NULL,
	"args" jsonb NOT NULL,
	"env" jsonb NOT NULL,
	"model" text,
	"policy" text NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agent_profile" ADD CONSTRAINT "agent_profile_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agent_profile_workspace" ON "agent_profile" USING btree ("workspace_id");--> statement-breakpoint
ALTER TABLE "run" ADD COLUMN "agent_state" text;--> statement-breakpoint
ALTER TABLE "operator_command" ALTER COLUMN "turn_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "operator_command" ADD COLUMN "result" jsonb;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_profile TO signalbox_app;--> statement-breakpoint
ALTER TABLE agent_profile ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY same_workspace ON agent_profile TO signalbox_app
  USING (workspace_id = current_setting('signalbox.workspace_id', true))
  WITH CHECK (workspace_id = current_setting('signalbox.workspace_id', true));
