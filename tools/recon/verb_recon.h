/* The verb of headquarters that lays an old system's figures beside the ledger's. */
#ifndef TOOLS_RECON_VERB_RECON_H
#define TOOLS_RECON_VERB_RECON_H

int verb_recon(int argc, char **argv);

#endif
