-- What a request may see and change is bounded by the database as well as by the code: requests run as signalbox_app,
-- which owns nothing and can't bypass these policies, with their workspace and person set for one transaction.
DO $$ BEGIN
  CREATE ROLE signalbox_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
--> statement-breakpoint
DO $$ BEGIN
  IF NOT pg_has_role(current_user, 'signalbox_app', 'member') THEN
    EXECUTE format('GRANT signalbox_app TO %I', current_user);
  END IF;
END $$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO signalbox_app;
--> statement-breakpoint
GRANT SELECT (id, name, email) ON "user" TO signalbox_app;
--> statement-breakpoint
GRANT SELECT ON store_meta TO signalbox_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON
  workspace, member, api_key, board, initiative, sprint, plan, chat, run, turn, notification, operator, operator_command,
  sandbox, outbox, outbox_head, log_entry
  TO signalbox_app;
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['member','api_key','board','initiative','sprint','plan','chat','run','turn','operator',
    'operator_command','sandbox','outbox','outbox_head','log_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY same_workspace ON %I TO signalbox_app
      USING (workspace_id = current_setting(''signalbox.workspace_id'', true))
      WITH CHECK (workspace_id = current_setting(''signalbox.workspace_id'', true))', t);
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE workspace ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY same_workspace ON workspace TO signalbox_app
  USING (id = current_setting('signalbox.workspace_id', true))
  WITH CHECK (id = current_setting('signalbox.workspace_id', true));
--> statement-breakpoint
-- A notification is written for another person of the workspace, and read and marked by that person alone.
ALTER TABLE notification ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY written_in_workspace ON notification FOR INSERT TO signalbox_app
  WITH CHECK (workspace_id = current_setting('signalbox.workspace_id', true));
--> statement-breakpoint
CREATE POLICY read_by_person ON notification FOR SELECT TO signalbox_app
  USING (workspace_id = current_setting('signalbox.workspace_id', true)
    AND user_id = current_setting('signalbox.person_id', true));
--> statement-breakpoint
CREATE POLICY marked_by_person ON notification FOR UPDATE TO signalbox_app
  USING (workspace_id = current_setting('signalbox.workspace_id', true)
    AND user_id = current_setting('signalbox.person_id', true));
--> statement-breakpoint
ALTER TABLE "user" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
-- `member` is itself bounded to the workspace, so only its people can be named.
CREATE POLICY fellow_members ON "user" FOR SELECT TO signalbox_app
  USING (id IN (SELECT user_id FROM member));
--> statement-breakpoint
INSERT INTO store_meta (id, epoch) VALUES (1, 1) ON CONFLICT DO NOTHING;
