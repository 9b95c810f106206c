-- In which language somebody is written to; none is English, as everything was before this.
ALTER TABLE mailings ADD COLUMN language TEXT;
