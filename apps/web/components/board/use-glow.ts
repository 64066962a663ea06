"use client";
/** Which plans glow: those whose version rose, or that appeared, through somebody else's change, for a moment each. */
import { GLOW_MS } from "@signalbox/catalog/timing";
import { useEffect, useRef, useState } from "react";
import type { Plan } from "../../lib/records.ts";

const NONE: ReadonlySet<string> = new Set();

export function useGlow(plans: readonly Plan[], isOwn: (plan: Plan) => boolean): ReadonlySet<string> {
  const seen = useRef<Map<string, number> | null>(null);
  const [glowing, setGlowing] = useState(NONE);

  useEffect(() => {
    const before = seen.current;
    seen.current = new Map(plans.map((plan) => [plan.id, plan.version]));
    if (!before) return;
    const changed = plans.filter((plan) => plan.version > (before.get(plan.id) ?? 0) && !isOwn(plan));
    if (changed.length > 0) setGlowing((now) => new Set([...now, ...changed.map((plan) => plan.id)]));
  }, [plans, isOwn]);

  useEffect(() => {
    if (glowing.size === 0) return;
    const timer = setTimeout(() => setGlowing(NONE), GLOW_MS);
    return () => clearTimeout(timer);
  }, [glowing]);

  return glowing;
}
