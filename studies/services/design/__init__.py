"""What a study is made of, as researchers write it: images, protocol, questions, texts and their translations."""
