// Package clustertest runs several nodes of the desk as processes of their own, behind HAProxy and nginx with the
// configurations of deploy/, over one store (FerretDB) and one Redis, and stock clients that keep a ledger of what they are
// told. Nodes are killed, Redis is stopped, emptied, slowed and cut off meanwhile; in the end the ledgers are compared with the
// store. It holds only tests.
//
// What go test runs takes a minute; with -short, under which the nodes are the same programs, only one goes. LONG=1 does it with as many clients and for as long as is promised.
package clustertest
