"""Mistakes with datasets and loaders."""

from kytorch import Tensor
from kytorch.data import ConcatDataset, DataLoader, Dataset, RandomSampler, TensorDataset, default_collate, random_split

dataset = TensorDataset(Tensor([1.0, 2.0]))
loader = DataLoader(dataset, 2)


class NoLength(Dataset[int]):
    def __getitem__(self, index: int, /) -> int:
        return index


def joined(items: list[tuple[Tensor, ...]]) -> str:
    return str(items)


def noisy(batch: Tensor) -> Tensor:
    return batch


NoLength()  # error
TensorDataset("x")  # error
TensorDataset([1.0])  # error
DataLoader(3)  # error
DataLoader([object()])  # error
DataLoader([None, None])  # error
DataLoader(dataset, "2")  # error
DataLoader(dataset, 2, generator=0)  # error
DataLoader(dataset, 2, sampler=3)  # error
DataLoader(dataset, 2, sampler=["a"])  # error
DataLoader(dataset, batch_sampler=[1, 2])  # error
DataLoader(["a"], collate_fn=joined)  # error
DataLoader(dataset, transform=noisy)  # error
DataLoader(dataset, pin_memory=True)  # error
texts: DataLoader[Tensor] = DataLoader(dataset, collate_fn=joined)  # error
number: int = next(iter(loader))  # error
text: str = next(iter(DataLoader([1.0])))  # error
loader.load_state_dict(3)  # error
loader.state_dict()["batch"] + 1  # error
RandomSampler(3)  # error
RandomSampler(dataset, num_samples=2.0)  # error
random_split(dataset, 0.5)  # error
ConcatDataset([dataset, 3])  # error
default_collate([object()])  # error
default_collate(3)  # error
