/** The pages of the reference: what each shows of the generated data. Rendered on the server; they need no JavaScript. */
import type { ReactNode } from "react";
import {
  anchorOf,
  REFERENCE,
  referenceHref,
  type Constant,
  type ReferenceSlug,
  type SignalEntry,
} from "./reference-data.ts";
import {
  Anchored,
  Code,
  DataTable,
  FieldTable,
  Name,
  OnThisPage,
  Payload,
  ShapeSection,
  TextLink,
} from "./reference-parts.tsx";

export function ReferenceBody({ slug }: { slug: ReferenceSlug }): ReactNode {
  switch (slug) {
    case "signals":
      return <Signals />;
    case "turn-entries":
      return <TurnEntries />;
    case "frames":
      return <Frames />;
    case "operator-protocol":
      return REFERENCE.operator.map((shape) => <ShapeSection key={shape.name} shape={shape} level="h2" />);
    case "panels":
      return <Panels />;
    case "constants":
      return <Constants />;
    case "errors":
      return <Errors />;
  }
}

function Signals() {
  const { subjects } = REFERENCE;
  return (
    <>
      <p className="mb-4 max-w-[72ch] text-body">
        A signal says that a record changed, and carries no field of it. <Code>ids[subject]</Code> is the record; the
        other ids aim reads. A workspace&apos;s signals reach everybody who may read it, a person&apos;s only that
        person.
      </p>
      <OnThisPage items={subjects.map(({ subject }) => ({ name: subject, anchor: subject }))} />
      {subjects.map(({ subject, signals }) => (
        <section key={subject} className="mb-8">
          <Anchored id={subject} level="h2">
            {subject}
          </Anchored>
          {signals.map((signal) => (
            <Signal key={signal.name} signal={signal} />
          ))}
        </section>
      ))}
    </>
  );
}

function Signal({ signal }: { signal: SignalEntry }) {
  const { name, summary, audience, ids, example, emittedBy, moves, notifies } = signal;
  return (
    <section className="border-t border-line py-4 first-of-type:border-0">
      <Anchored id={name} level="h3">
        <code className="font-mono">{name}</code>
      </Anchored>
      <p className="mt-1 max-w-[72ch] text-body text-soft">{summary}</p>
      <div className="mt-3 grid gap-x-8 gap-y-3 lg:grid-cols-[3fr_2fr]">
        <dl className="grid grid-cols-[auto_1fr] content-start gap-x-4 gap-y-1.5">
          <dt className="text-faint">Heard by</dt>
          <dd>{audience === "person" ? "one person" : "everybody in the workspace"}</dd>
          <dt className="text-faint">Ids</dt>
          <dd className="wrap-anywhere">
            {ids.map((id, index) => (
              <span key={id.name}>
                {index > 0 ? ", " : ""}
                <Code>{id.name}</Code>
                {id.isRequired ? "" : " (where there is one)"}
              </span>
            ))}
          </dd>
          <dt className="text-faint">Emitted by</dt>
          <dd className="wrap-anywhere">
            {emittedBy.map((file) => (
              <div key={file}>
                <Code>{file}</Code>
              </div>
            ))}
          </dd>
          {notifies === null ? null : (
            <>
              <dt className="text-faint">Notifies</dt>
              <dd>
                {notifies.whom}: “{notifies.says}” <span className="text-faint">({notifies.category})</span>
              </dd>
            </>
          )}
          {moves.length === 0 ? null : (
            <>
              <dt className="text-faint">Moves</dt>
              <dd className="flex flex-wrap gap-x-3">
                {moves.map((id) => (
                  <TextLink key={id} href={referenceHref("panels", id)}>
                    {id}
                  </TextLink>
                ))}
              </dd>
            </>
          )}
        </dl>
        <Payload label="Payload" json={example} />
      </div>
    </section>
  );
}

function TurnEntries() {
  const { entries } = REFERENCE;
  return (
    <>
      <p className="mb-4 max-w-[72ch] text-body">
        An entry is <Code>{"{seq, at, kind, …}"}</Code>: <Code>seq</Code> counts from 1 without gaps, <Code>at</Code> is
        the operator&apos;s clock in epoch milliseconds.
      </p>
      <OnThisPage items={entries.map(({ name }) => ({ name, anchor: anchorOf(name) }))} />
      {entries.map((shape) => (
        <ShapeSection key={shape.name} shape={shape} level="h2" />
      ))}
    </>
  );
}

function Frames() {
  const { streams, closeCodes } = REFERENCE;
  return (
    <>
      {streams.map(({ stream, address, frames }) => (
        <section key={stream} className="mb-8">
          <Anchored id={stream} level="h2">
            {stream}
          </Anchored>
          <p className="mb-3 text-soft">
            <Code>GET {address}</Code>
          </p>
          {frames.map((shape) => (
            <ShapeSection key={shape.name} shape={shape} level="h3" prefix={`${stream}-`} />
          ))}
        </section>
      ))}
      <Anchored id="close-codes" level="h2">
        Close codes
      </Anchored>
      <DataTable
        label="Close codes"
        head={["Code", "A client", "When"]}
        rows={closeCodes.map(({ code, client, description }) => ({
          key: `close-${code}`,
          cells: [<Code key="code">{code}</Code>, client, description],
        }))}
      />
    </>
  );
}

function Panels() {
  return REFERENCE.panels.map(({ id, title, summary, freshness, subjects, input, output }) => (
    <section key={id} className="border-t border-line py-5">
      <Anchored id={id} level="h2">
        {title}
      </Anchored>
      <p className="mt-1 max-w-[72ch] text-body text-soft">{summary}</p>
      <p className="mt-1">
        {freshness === "live" ? "Live, moved by " : `Updated ${freshness}.`}
        {subjects.map((subject, index) => (
          <span key={subject}>
            {index > 0 ? ", " : ""}
            <TextLink href={referenceHref("signals", subject)}>{subject}</TextLink>
          </span>
        ))}
      </p>
      <div className="mt-3 grid gap-x-8 gap-y-4 lg:grid-cols-2">
        <div>
          <h3 className="mb-1 font-medium">Parameters</h3>
          <FieldTable of={`${id}.parameters`} fields={input} />
        </div>
        <div>
          <h3 className="mb-1 font-medium">Answer</h3>
          <FieldTable of={`${id}.answer`} fields={output} />
        </div>
      </div>
    </section>
  ));
}

function Constants() {
  return (
    <>
      <ConstantTable id="times" title="Times" list={REFERENCE.times} />
      <ConstantTable id="sizes" title="Sizes" list={REFERENCE.sizes} />
    </>
  );
}

function ConstantTable({ id, title, list }: { id: string; title: string; list: readonly Constant[] }) {
  return (
    <section className="mb-8">
      <Anchored id={id} level="h2">
        {title}
      </Anchored>
      <DataTable
        label={title}
        head={["Name", "Value", "Why"]}
        rows={list.map(({ name, words, reason }) => ({
          key: name,
          cells: [<Name key="name" text={name} />, words, reason],
        }))}
      />
    </section>
  );
}

function Errors() {
  return (
    <>
      <p className="mb-4 max-w-[72ch] text-body">
        A refusal is <Code>{'{"error": {"code", "message", "details"?}}'}</Code>; within tRPC the same stands under{" "}
        <Code>data.error</Code>.
      </p>
      <DataTable
        label="Error codes"
        head={["Code", "Status"]}
        rows={REFERENCE.errors.map(({ code, status }) => ({
          key: code,
          cells: [<Code key="code">{code}</Code>, status],
        }))}
      />
    </>
  );
}
