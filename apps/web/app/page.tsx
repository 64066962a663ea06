/** The front door: to the first workspace's board, or to the sign-in page. */
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { MessagePage } from "../components/ui/message-page.tsx";
import { getPrincipal, serverCaller } from "../lib/host.ts";
import { placeHref } from "../lib/places.ts";

export const metadata: Metadata = { title: "Signalbox" };

export default async function FrontDoor() {
  const principal = await getPrincipal();
  if (!principal) redirect("/sign-in");
  const caller = serverCaller(principal);
  const [first] = await caller.workspace.list();
  if (first) redirect(placeHref(first.id, "board"));
  return (
    <MessagePage title="You are in no workspace yet">
      <p>Ask an owner to add you; whoever runs this server can do so with</p>
      <pre className="mt-3 overflow-x-auto rounded-md bg-sunken px-3 py-2 font-mono text-2xs">
        pnpm signalbox member add --workspace … --email … --role member
      </pre>
    </MessagePage>
  );
}
