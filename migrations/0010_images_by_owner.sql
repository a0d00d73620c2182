-- Finds the images of an owner, to export or erase them.
CREATE INDEX images_by_owner ON images (owner, id);
