# The app in a container. Whoever reaches its port may train, delete runs and fill the disk: there is
# no password. `docker run -p 127.0.0.1:8501:8501 ganscope` lets in this machine alone.
FROM python:3.11-slim

RUN useradd --create-home person
COPY . /src
# The CPU's torch is a tenth of the size; take the line away where the container has a GPU.
RUN pip install --no-cache-dir torch torchvision --index-url https://download.pytorch.org/whl/cpu \
    && pip install --no-cache-dir /src \
    && rm -r /src

USER person
WORKDIR /home/person
# Data sets and runs: mount a volume here to keep them.
VOLUME /home/person/lab
ENV GAN_DATA_DIR=/home/person/lab/data GAN_RUNS_DIR=/home/person/lab/runs
EXPOSE 8501
CMD ["ganscope", "app", "--address", "0.0.0.0", "--headless"]
