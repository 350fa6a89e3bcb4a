"""The lab: real name servers, a signed root and parent, three signers, and resolvers that watch."""
