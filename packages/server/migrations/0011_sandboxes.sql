DROP INDEX "sandbox_workspace";--> statement-breakpoint
ALTER TABLE "sandbox" ALTER COLUMN "came_up_at" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "kind" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "state" text DEFAULT 'stopped' NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "policy" jsonb DEFAULT '{"allowedDomains":[],"denyRead":[]}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "allowed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "blocked" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "last_seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "floor" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "is_log_ended" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sandbox" ADD COLUMN "started_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "sandbox_run" ON "sandbox" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "sandbox_workspace" ON "sandbox" USING btree ("workspace_id","started_at");--> statement-breakpoint
-- Sandboxes from before they had a log: they began when they came up.
UPDATE "sandbox" SET "started_at" = "came_up_at" WHERE "came_up_at" IS NOT NULL;
