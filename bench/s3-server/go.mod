module s3-server

go 1.24
