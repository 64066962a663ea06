/**
 * Delivers attachments, one piece at a time: they are for whoever asks for them, and must not hold up a turn's entries.
 * The host says where to go on; a piece that comes twice is stored once. One that can't be delivered holds up no other.
 */
import type { AttachOutput } from "@signalbox/catalog/operator-protocol";
import { markSettled, piecesOf, undeliveredAttachments, type KeptAttachment } from "./attachments.ts";
import type { HostSession } from "./host-session.ts";
import type { Logger } from "./logger.ts";
import { isRefusal, isUnknownProcedure } from "./refusal.ts";

export interface AttachmentUpload {
  attach(session: HostSession, generation: number): void;
  /** Looks for attachments that are there and not delivered. */
  look(): void;
}

interface Link {
  session: HostSession;
  generation: number;
}

export function createAttachmentUpload({ operatorDir, log }: { operatorDir: string; log: Logger }): AttachmentUpload {
  let link: Link | null = null;
  let isBusy = false;

  async function deliver(attachment: KeptAttachment, { session, generation }: Link): Promise<AttachOutput["verdict"]> {
    const pieces = piecesOf(attachment);
    const { turnId, attachmentId } = attachment;
    for (let piece = 1; piece <= pieces.length;) {
      const text = pieces[piece - 1] ?? "";
      const isLast = piece === pieces.length;
      const { verdict, stored } = await session.attach({ generation, turnId, attachmentId, piece, text, isLast });
      if (verdict === "fenced" || verdict === "unknown") return verdict;
      const isFurther = verdict === "gap" ? stored + 1 < piece : stored >= piece;
      if (!isFurther) throw new Error(`The host answers ${verdict} to piece ${piece}, and has ${stored}.`);
      piece = stored + 1;
    }
    return "stored";
  }

  /** False: nothing more is to be delivered over this connection. */
  async function tryOne(attachment: KeptAttachment, to: Link): Promise<boolean> {
    const { turnId, attachmentId } = attachment;
    try {
      const verdict = await deliver(attachment, to);
      if (verdict === "fenced") return false;
      if (verdict === "unknown") log.warn({ turnId, attachmentId }, "the host does not know this attachment's turn");
      markSettled(attachment, verdict === "unknown" ? "refused" : "delivered");
    } catch (error) {
      if (!to.session.isOpen()) return false;
      if (isUnknownProcedure(error)) {
        log.warn("the host takes no attachments; they are offered again with the next connection");
        return false;
      }
      log.warn({ turnId, attachmentId, err: error }, "an attachment was not delivered");
      if (isRefusal(error)) markSettled(attachment, "refused");
    }
    return true;
  }

  async function deliverAll(to: Link): Promise<void> {
    for (const attachment of undeliveredAttachments(operatorDir)) {
      if (link !== to || !to.session.isOpen()) return;
      if (await tryOne(attachment, to)) continue;
      if (link === to) link = null;
      return;
    }
  }

  function look(): void {
    if (isBusy || !link?.session.isOpen()) return;
    isBusy = true;
    deliverAll(link)
      .catch((error: unknown) => log.warn({ err: error }, "attachments could not be read; tried again"))
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
