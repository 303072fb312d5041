package socketio_test

import (
	"fmt"

	"kapoor.example/desk/protocol/socketio"
)

// A connection feeds every message to its decoder; an event with attachments is complete with the last of them. The
// answer takes the arguments as they came.
func ExampleDecoder() {
	var decoder socketio.Decoder
	_, complete, _ := decoder.Text([]byte(`51-7["photo",{"name":"tv.jpg","data":{"_placeholder":true,"num":0}}]`))
	fmt.Println(complete)
	packet, complete, _ := decoder.Binary([]byte("JFIF"))
	fmt.Println(complete)

	name, _, _ := packet.Event()
	args, _ := packet.Args()
	var photo struct {
		Name string
		Data socketio.Binary
	}
	if err := args.Bind(0, &photo); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s %s %s\n", name, photo.Name, photo.Data)

	data, attachments, _ := socketio.EncodeArgs("ok", args)
	fmt.Printf("%s\n", socketio.Append(nil, socketio.Packet{Type: socketio.Ack, ID: packet.ID, Data: data, Attachments: attachments}))
	// Output:
	// false
	// true
	// photo tv.jpg JFIF
	// 61-7["ok",{"name":"tv.jpg","data":{"_placeholder":true,"num":0}}]
}
