// Package booking is the domain of the Kapoor & Sons desk: customers book product demos and installations, staff carry
// them out, admins run the desk.
//
// Everything in it is a value or a pure function, and it imports the standard library only. A command is decided against
// the booking it addresses (Decide), what was decided is applied to it (Apply), and Plan puts both together with what
// has to be told to whom: the result, a Commit, is what a Store writes in one piece. Time and ids come in as arguments.
//
// Who may do what (Permit) and who is told what (Audience) is said here and nowhere else: REST and sockets both ask.
package booking
