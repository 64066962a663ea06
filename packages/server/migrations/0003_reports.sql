CREATE TABLE "daily_snapshot" (
	"workspace_id" text NOT NULL,
	"day" text NOT NULL,
	"metric" text NOT NULL,
	"value" jsonb NOT NULL,
	"captured_at" timestamp with time zone NOT NULL,
	CONSTRAINT "daily_snapshot_workspace_id_metric_day_pk" PRIMARY KEY("workspace_id","metric","day")
);
--> statement-breakpoint
CREATE TABLE "dashboard_tile" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"panel_id" text NOT NULL,
	"params" jsonb NOT NULL,
	"position" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plan_change" (
	"plan_id" text NOT NULL,
	"version" integer NOT NULL,
	"workspace_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"from_status" text,
	"status" text,
	"estimate" integer,
	"sprint_id" text,
	CONSTRAINT "plan_change_plan_id_version_pk" PRIMARY KEY("plan_id","version")
);
--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "time_zone" text DEFAULT 'UTC' NOT NULL;--> statement-breakpoint
ALTER TABLE "daily_snapshot" ADD CONSTRAINT "daily_snapshot_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dashboard_tile" ADD CONSTRAINT "dashboard_tile_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_change" ADD CONSTRAINT "plan_change_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "dashboard_tile_workspace" ON "dashboard_tile" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "plan_change_workspace" ON "plan_change" USING btree ("workspace_id","plan_id","version");