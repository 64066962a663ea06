GRANT SELECT, INSERT, UPDATE, DELETE ON dashboard_tile TO signalbox_app;
--> statement-breakpoint
-- A request adds to the history of plans and never rewrites it; what a day was is written by the host alone.
GRANT SELECT, INSERT ON plan_change TO signalbox_app;
--> statement-breakpoint
GRANT SELECT ON daily_snapshot TO signalbox_app;
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['plan_change','daily_snapshot','dashboard_tile'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY same_workspace ON %I TO signalbox_app
      USING (workspace_id = current_setting(''signalbox.workspace_id'', true))
      WITH CHECK (workspace_id = current_setting(''signalbox.workspace_id'', true))', t);
  END LOOP;
END $$;
--> statement-breakpoint
-- Plans from before there was history: all that is known of them is how they stand, since their last change.
INSERT INTO plan_change (plan_id, version, workspace_id, at, from_status, status, estimate, sprint_id)
SELECT id, version, workspace_id, updated_at, NULL, status, estimate, sprint_id FROM plan
ON CONFLICT DO NOTHING;
