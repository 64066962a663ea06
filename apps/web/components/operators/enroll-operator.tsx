/** How one more computer becomes an operator: the commands as they are typed, for this workspace and this server. */
interface EnrollOperatorProps {
  workspaceId: string;
  /** This server's address, as its configuration says it. */
  hostUrl: string;
}

export function EnrollOperator({ workspaceId, hostUrl }: EnrollOperatorProps) {
  return (
    <div className="text-soft">
      <p className="max-w-[72ch]">
        An operator runs your agents on a computer of yours, with Linux and Node 22.12 or newer. It dials out to this
        server, so nothing on that computer has to be opened.
      </p>
      <ol className="mt-3 flex list-decimal flex-col gap-3 pl-5">
        <li>
          On the server, in Signalbox’s folder: enrol it, and pack what it needs. The token is shown once.
          <Commands
            label="On the server"
            lines={[
              `npm run signalbox -- operator enroll --workspace ${workspaceId} --name "My computer"`,
              "npm run operator:pack",
            ]}
          />
        </li>
        <li>
          On the computer, beside the packed file that you copied there: install it, and start it with the token.
          <Commands
            label="On the computer"
            lines={[
              'npm install --prefix "$HOME/signalbox" ./signalbox-operator-*.tgz',
              `export SIGNALBOX_HOST_URL=${hostUrl}`,
              "export SIGNALBOX_OPERATOR_TOKEN=sbx_op_…",
              'export SIGNALBOX_OPERATOR_DIR="$HOME/signalbox-operator"',
              '"$HOME/signalbox/node_modules/.bin/signalbox-operator"',
            ]}
          />
        </li>
        <li>It shows up here by itself, within a second or two.</li>
      </ol>
    </div>
  );
}

function Commands({ label, lines }: { label: string; lines: readonly string[] }) {
  return (
    <pre
      tabIndex={0}
      aria-label={label}
      className="mt-1.5 rounded-md bg-sunken px-3 py-2 text-left font-mono text-2xs leading-relaxed wrap-anywhere whitespace-pre-wrap text-ink"
    >
      {lines.join("\n")}
    </pre>
  );
}
