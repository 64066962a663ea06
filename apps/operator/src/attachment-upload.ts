/**
 * Delivers attachments, one piece at a time: they are for whoever asks for them, and must not hold up a turn's entries.
 * The host says where to go on; a piece that comes twice is stored once.
 */
import type { AttachOutput } from "@signalbox/catalog/operator-protocol";
import { markDelivered, piecesOf, undeliveredAttachments, type KeptAttachment } from "./attachments.ts";
import type { HostSession } from "./host-session.ts";
import type { Logger } from "./logger.ts";

export interface AttachmentUpload {
  attach(session: HostSession, generation: number): void;
  /** Looks for attachments that are there and not delivered. */
  look(): void;
}

export function createAttachmentUpload({ operatorDir, log }: { operatorDir: string; log: Logger }): AttachmentUpload {
  let link: { session: HostSession; generation: number } | null = null;
  let isBusy = false;

  async function deliver(attachment: KeptAttachment, { session, generation }: NonNullable<typeof link>): Promise<void> {
    const pieces = piecesOf(attachment);
    const { turnId, attachmentId } = attachment;
    let next = 1;
    while (next <= pieces.length) {
      const text = pieces[next - 1] ?? "";
      const isLast = next === pieces.length;
      const answer: AttachOutput = await session.attach({
        generation,
        turnId,
        attachmentId,
        piece: next,
        text,
        isLast,
      });
      if (answer.verdict === "fenced") throw new Error("A newer connection took over.");
      if (answer.verdict === "unknown") {
        log.warn({ turnId, attachmentId }, "the host does not take this attachment");
        break;
      }
      next = answer.stored + 1;
    }
    markDelivered(attachment);
  }

  async function deliverAll(): Promise<void> {
    for (const attachment of undeliveredAttachments(operatorDir)) {
      const to = link;
      if (!to?.session.isOpen()) return;
      await deliver(attachment, to);
    }
  }

  function look(): void {
    if (isBusy || !link?.session.isOpen()) return;
    isBusy = true;
    deliverAll()
      // The connection was lost, or the file: it is looked for again.
      .catch((error: unknown) => log.warn({ err: error }, "an attachment was not delivered; tried again"))
      .finally(() => {
        isBusy = false;
      });
  }

  return {
    attach(session, generation) {
      link = { session, generation };
      look();
    },
    look,
  };
}
