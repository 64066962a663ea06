/** The parts that the pages of the reference are put together from: anchors, payloads, tables. */
import Link from "next/link";
import { Fragment, type ReactNode } from "react";
import { anchorOf, type Field, type Shape } from "./reference-data.ts";

/** A heading that can be linked: its text is the link. */
export function Anchored({ id, level, children }: { id: string; level: "h2" | "h3"; children: ReactNode }) {
  const Heading = level;
  const size = level === "h2" ? "text-title" : "text-body";
  return (
    <Heading id={id} className={`${size} scroll-mt-4 font-semibold wrap-anywhere`}>
      <a href={`#${id}`} className="hover:underline">
        {children}
      </a>
    </Heading>
  );
}

/** JSON that wraps: it never has to be scrolled sideways. */
export function Payload({ label, json }: { label: string; json: string }) {
  return (
    <figure>
      <figcaption className="text-faint">{label}</figcaption>
      <pre className="mt-1 rounded-md border border-line bg-sunken px-3 py-2 font-mono text-2xs whitespace-pre-wrap wrap-anywhere">
        {json}
      </pre>
    </figure>
  );
}

export function DataTable({
  label,
  head,
  rows,
}: {
  label: string;
  head: string[];
  rows: { key: string; cells: ReactNode[] }[];
}) {
  return (
    <table aria-label={label} className="w-full border-collapse text-left align-top">
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col" className="border-b border-line-strong py-1 pr-4 font-medium text-faint">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells }) => (
          <tr key={key} id={key} className="scroll-mt-4 border-b border-line align-top target:bg-accent-wash">
            {cells.map((cell, index) => (
              <td key={head[index]} className="py-1.5 pr-4 wrap-break-word">
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function FieldTable({ of, fields }: { of: string; fields: readonly Field[] }) {
  if (fields.length === 0) return <p className="text-soft">No fields.</p>;
  return (
    <DataTable
      label={`Fields of ${of}`}
      head={["Field", "Type", "Needed"]}
      rows={fields.map(({ path, type, isRequired }) => ({
        key: `${of}.${path}`,
        cells: [<Name key="path" text={path} />, type, isRequired ? "yes" : "optional"],
      }))}
    />
  );
}

export function Code({ children }: { children: ReactNode }) {
  return <code className="font-mono text-2xs">{children}</code>;
}

/** A name in code that breaks where its parts meet: `BACKOFF_`, `agent.`. */
export function Name({ text }: { text: string }) {
  return (
    <Code>
      {text.split(/(?<=[._\]])/).map((part, index) => (
        <Fragment key={`${index}${part}`}>
          {index > 0 ? <wbr /> : null}
          {part}
        </Fragment>
      ))}
    </Code>
  );
}

/** Short cuts to the things of a page. */
export function OnThisPage({ items }: { items: { name: string; anchor: string }[] }) {
  return (
    <nav aria-label="On this page" className="mb-6 flex flex-wrap gap-1.5">
      {items.map(({ name, anchor }) => (
        <a
          key={anchor}
          href={`#${anchor}`}
          className="inline-flex min-h-7 items-center rounded-full border border-line bg-surface px-2.5 text-soft hover:bg-hover hover:text-ink pointer-coarse:min-h-11"
        >
          {name}
        </a>
      ))}
    </nav>
  );
}

/** A thing with fields and an example, in two columns where there is room. */
export function ShapeSection({ shape, level, prefix = "" }: { shape: Shape; level: "h2" | "h3"; prefix?: string }) {
  const id = `${prefix}${anchorOf(shape.name)}`;
  return (
    <section className="border-t border-line py-5">
      <Anchored id={id} level={level}>
        <code className="font-mono">{shape.name}</code>
      </Anchored>
      <p className="mt-1 max-w-[72ch] text-body text-soft">{shape.description}</p>
      <div className="mt-3 grid gap-x-8 gap-y-3 lg:grid-cols-[3fr_2fr]">
        <div>
          <FieldTable of={id} fields={shape.fields} />
        </div>
        <Payload label="Example" json={shape.example} />
      </div>
    </section>
  );
}

export function TextLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} prefetch={false} className="text-accent underline underline-offset-2">
      {children}
    </Link>
  );
}
