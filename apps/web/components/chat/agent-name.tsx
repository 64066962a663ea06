/** An agent by its name, with the word "demo" beside it wherever no real model answers. */
interface AgentNameProps {
  name: string;
  isDemo: boolean;
}

export function AgentName({ name, isDemo }: AgentNameProps) {
  return (
    <>
      <span className="truncate">{plainName(name)}</span>
      {isDemo ? (
        <span
          title="The built-in demo model answers: no model is configured"
          className="shrink-0 rounded border border-line-strong px-1 text-2xs leading-4 font-semibold text-ink"
        >
          demo
        </span>
      ) : null}
    </>
  );
}

/** Profiles may say it in their name too; once is enough. */
function plainName(name: string): string {
  return name.replace(/\s*\(demo\)$/iu, "");
}
