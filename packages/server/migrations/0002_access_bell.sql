-- Whoever loses access is known at once, whichever code path took it: sign-out, a removed member, a revoked key.
CREATE FUNCTION signalbox_ring_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('signalbox_access', CASE TG_TABLE_NAME
    WHEN 'api_key' THEN to_jsonb(OLD) ->> 'id'
    ELSE to_jsonb(OLD) ->> 'user_id'
  END);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER rings_access AFTER DELETE ON session FOR EACH ROW EXECUTE FUNCTION signalbox_ring_access();
--> statement-breakpoint
CREATE TRIGGER rings_access AFTER UPDATE OR DELETE ON member FOR EACH ROW EXECUTE FUNCTION signalbox_ring_access();
--> statement-breakpoint
CREATE TRIGGER rings_access AFTER UPDATE OR DELETE ON api_key FOR EACH ROW EXECUTE FUNCTION signalbox_ring_access();
