CREATE TABLE "notification_mute" (
	"workspace_id" text NOT NULL,
	"user_id" text NOT NULL,
	"category" text NOT NULL,
	CONSTRAINT "notification_mute_workspace_id_user_id_category_pk" PRIMARY KEY("workspace_id","user_id","category")
);
--> statement-breakpoint
ALTER TABLE "notification_mute" ADD CONSTRAINT "notification_mute_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_mute" ADD CONSTRAINT "notification_mute_member_fk" FOREIGN KEY ("workspace_id","user_id") REFERENCES "public"."member"("workspace_id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification" ADD COLUMN "signal" text;--> statement-breakpoint
ALTER TABLE "notification" ADD COLUMN "ids" jsonb;--> statement-breakpoint
ALTER TABLE "notification" ADD COLUMN "says" text;--> statement-breakpoint
ALTER TABLE "notification" ADD COLUMN "read_at" timestamp with time zone;--> statement-breakpoint
-- What was there before: in the words of today, and what was seen counts as read.
UPDATE "notification" SET
  "signal" = CASE "category" WHEN 'plan-assigned' THEN 'plan.assigned' WHEN 'plan-moved' THEN 'plan.status-changed' ELSE 'run.finished' END,
  "ids" = jsonb_strip_nulls(jsonb_build_object('plan', "plan_id", 'run', "run_id")),
  "says" = CASE "category" WHEN 'plan-assigned' THEN 'Assigned to you' WHEN 'plan-moved' THEN 'Moved' ELSE 'The agent is done' END,
  "category" = CASE "category" WHEN 'run-finished' THEN 'runs' ELSE 'plans' END,
  "read_at" = "seen_at";--> statement-breakpoint
ALTER TABLE "notification" ALTER COLUMN "signal" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "notification" ALTER COLUMN "ids" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "notification" ALTER COLUMN "says" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "notification" DROP COLUMN "plan_id";--> statement-breakpoint
ALTER TABLE "notification" DROP COLUMN "run_id";--> statement-breakpoint
-- Whether somebody wants to hear of it is asked by whoever causes it; it is said by the person alone.
GRANT SELECT, INSERT, DELETE ON notification_mute TO signalbox_app;--> statement-breakpoint
ALTER TABLE notification_mute ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY read_in_workspace ON notification_mute FOR SELECT TO signalbox_app
  USING (workspace_id = current_setting('signalbox.workspace_id', true));--> statement-breakpoint
CREATE POLICY muted_by_person ON notification_mute FOR INSERT TO signalbox_app
  WITH CHECK (workspace_id = current_setting('signalbox.workspace_id', true)
    AND user_id = current_setting('signalbox.person_id', true));--> statement-breakpoint
CREATE POLICY wanted_by_person ON notification_mute FOR DELETE TO signalbox_app
  USING (workspace_id = current_setting('signalbox.workspace_id', true)
    AND user_id = current_setting('signalbox.person_id', true));
