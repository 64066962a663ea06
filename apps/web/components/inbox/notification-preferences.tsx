"use client";
/** What a person is told of, by category: a switch each, alike in all tabs. A category that is off makes no notification. */
import { Switch } from "@base-ui/react/switch";
import { trpc } from "@signalbox/react/signalbox-provider";
import { useId } from "react";
import type { NotificationPreference } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";

const NONE: readonly NotificationPreference[] = [];

export function NotificationPreferences({ workspaceId }: { workspaceId: string }) {
  const preferences = trpc.notificationPreference.list.useQuery({ workspaceId }).data ?? NONE;
  const utils = trpc.useUtils();
  const tell = useTell();
  const setting = trpc.notificationPreference.set.useMutation({
    onSuccess: (answer) => utils.notificationPreference.list.setData({ workspaceId }, answer),
    onError: (error) =>
      tell({ title: "This was not changed", description: refusalOf(error).message, tone: "problem" as const }),
  });
  return (
    <section id="told-of" aria-labelledby="told-of-title" className="rounded-lg border border-line bg-surface">
      <h2 id="told-of-title" className="px-3 pt-2.5 pb-1 font-semibold">
        What you are told of
      </h2>
      <ul>
        {preferences.map((preference) => (
          <li key={preference.category}>
            <Preference
              preference={preference}
              onChange={(isOn) => setting.mutate({ workspaceId, category: preference.category, isOn })}
            />
          </li>
        ))}
      </ul>
      <p className="border-t border-line px-3 py-2 text-2xs text-faint">
        In this workspace. Never of what you did yourself.
      </p>
    </section>
  );
}

interface PreferenceProps {
  preference: NotificationPreference;
  onChange: (isOn: boolean) => void;
}

function Preference({ preference: { title, summary, isOn }, onChange }: PreferenceProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3 px-3 py-2">
      <div className="min-w-0 flex-1">
        <span id={`${id}-title`} className={isOn ? "font-medium" : "font-medium text-soft"}>
          {title}
          {isOn ? null : <span className="ml-1.5 text-2xs font-normal text-faint">off</span>}
        </span>
        <span id={`${id}-summary`} className="block text-2xs text-faint">
          {summary}
        </span>
      </div>
      <Switch.Root
        checked={isOn}
        onCheckedChange={onChange}
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-summary`}
        className="relative mt-0.5 inline-flex h-5 w-9 items-center shrink-0 rounded-full border border-line-strong bg-sunken transition-colors duration-100 before:absolute before:-inset-2.5 data-checked:border-accent data-checked:bg-accent"
      >
        <Switch.Thumb className="size-3.5 translate-x-0.5 rounded-full bg-line-strong transition-transform duration-100 data-checked:translate-x-4.5 data-checked:bg-accent-ink" />
      </Switch.Root>
    </div>
  );
}
