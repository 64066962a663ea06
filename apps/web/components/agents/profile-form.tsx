"use client";
/** What a profile says about its agent: made or changed in place. Escape leaves it; what the server refuses stays typed. */
import { PERMISSION_POLICIES, BUILTIN_COMMAND } from "@signalbox/catalog/agent-profile";
import { trpc } from "@signalbox/react/signalbox-provider";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import type { AgentProfile } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";
import { draftOf, NEW_PROFILE, POLICY_WORDS, settingsOf, type ProfileDraft } from "./profile-words.ts";

interface ProfileFormProps {
  workspaceId: string;
  /** Absent: a new one. */
  profile?: AgentProfile;
  onDone: () => void;
}

export function ProfileForm({ workspaceId, profile, onDone }: ProfileFormProps) {
  const [draft, setDraft] = useState<ProfileDraft>(() => (profile ? draftOf(profile) : NEW_PROFILE));
  const tell = useTell();
  const create = trpc.agentProfile.create.useMutation();
  const update = trpc.agentProfile.update.useMutation();
  const isSaving = create.isPending || update.isPending;
  const set = (changes: Partial<ProfileDraft>) => setDraft((now) => ({ ...now, ...changes }));

  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape") onDone();
  };

  const submit = () => {
    const settings = settingsOf(draft);
    if (settings.name === "" || settings.command === "" || isSaving) return;
    const outcome = {
      onSuccess: onDone,
      onError: (error: unknown) =>
        tell({ title: "The profile was not saved", description: refusalOf(error).message, tone: "problem" as const }),
    };
    if (profile) update.mutate({ id: profile.id, ...settings }, outcome);
    else create.mutate({ workspaceId, ...settings }, outcome);
  };

  return (
    <form
      aria-label={profile ? `Change ${profile.name}` : "New agent profile"}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      className="grid grid-cols-1 gap-x-4 gap-y-3 rounded-lg border border-line-strong bg-surface p-4 sm:grid-cols-2"
    >
      <Field label="Name">
        {(id) => (
          <input
            id={id}
            onKeyDown={leave}
            // The person just asked for this form.
            autoFocus
            required
            maxLength={100}
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
            className="field"
          />
        )}
      </Field>
      <Field label="Command" hint={`A program's name or absolute path. ${BUILTIN_COMMAND} is the built-in agent.`}>
        {(id) => (
          <input
            id={id}
            onKeyDown={leave}
            required
            maxLength={1_000}
            value={draft.command}
            spellCheck={false}
            autoCapitalize="off"
            onChange={(event) => set({ command: event.target.value })}
            className="field font-mono"
          />
        )}
      </Field>
      <Field label="Arguments" hint="One per line. No shell reads them.">
        {(id) => (
          <textarea
            id={id}
            onKeyDown={leave}
            rows={3}
            value={draft.args}
            spellCheck={false}
            onChange={(event) => set({ args: event.target.value })}
            className="field field-sizing-content min-h-16 resize-none font-mono"
          />
        )}
      </Field>
      <Field label="Variables" hint="Names only: the values are those of the operator's own environment.">
        {(id) => (
          <textarea
            id={id}
            onKeyDown={leave}
            rows={3}
            value={draft.env}
            spellCheck={false}
            placeholder="GEMINI_API_KEY"
            onChange={(event) => set({ env: event.target.value })}
            className="field field-sizing-content min-h-16 resize-none font-mono"
          />
        )}
      </Field>
      <Field label="Model" hint="Where the agent lets its model be chosen. Empty leaves it alone.">
        {(id) => (
          <input
            id={id}
            onKeyDown={leave}
            maxLength={200}
            value={draft.model}
            spellCheck={false}
            onChange={(event) => set({ model: event.target.value })}
            className="field font-mono"
          />
        )}
      </Field>
      <Field label="When it asks for permission" hint={POLICY_WORDS[draft.policy].meaning}>
        {(id) => (
          <select
            id={id}
            onKeyDown={leave}
            value={draft.policy}
            onChange={(event) => {
              const policy = PERMISSION_POLICIES.find((each) => each === event.target.value);
              if (policy) set({ policy });
            }}
            className="field"
          >
            {PERMISSION_POLICIES.map((policy) => (
              <option key={policy} value={policy}>
                {POLICY_WORDS[policy].label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="flex justify-end gap-2 sm:col-span-2">
        <button type="button" onClick={onDone} className="press border border-line-strong hover:bg-hover">
          Cancel
        </button>
        <button type="submit" disabled={isSaving} className="press bg-accent text-accent-ink">
          {profile ? "Save" : "Add profile"}
        </button>
      </div>
    </form>
  );
}

function Field({ label, hint, children }: { label: string; hint?: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children(id)}
      {hint === undefined ? null : <p className="text-2xs text-soft">{hint}</p>}
    </div>
  );
}
