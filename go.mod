module kapoor.example/desk

go 1.26.0
